using System.Buffers.Text;
using System.Diagnostics;
using Carnelian.Memory;

namespace Carnelian.Journal;

/// <summary>
/// The effects of the unit that runs on a thread: commands in RESP that do to a copy of the data what the unit has done here. Collected
/// while the unit's locks are held, and flushed to the journal before they are released.
/// </summary>
/// <remarks>
/// One a thread that executes units, used by it alone. The bytes lie in one native buffer that is kept from unit to unit, with room before
/// the first command for MULTI and SELECT, of which only the journal knows whether they are needed.
/// </remarks>
public sealed unsafe class JournalUnit(WriteJournal journal) : IDisposable
{
    private const int Headroom = 64;
    private const nuint FirstCapacity = 4096;
    private const nuint MostKept = 1 << 20;
    private const nuint LargestPiece = 1 << 30;
    private const int MostDigits = 20;

    private readonly List<Message> _messages = [];
    private byte* _bytes;
    private nuint _capacity;
    private nuint _start = Headroom;
    private nuint _end = Headroom;
    private nuint _commandStart;
    private int _commands;
    private int _missing;

    private readonly record struct Message(nuint Start, nuint End);

    /// <summary>Whether nothing has been collected.</summary>
    public bool IsEmpty => _commands == 0;

    /// <summary>How many commands have been collected.</summary>
    public int CommandCount => _commands;

    /// <summary>The number of the first command's database.</summary>
    internal int FirstDatabase { get; private set; }

    /// <summary>The number of the last command's database.</summary>
    internal int LastDatabase { get; private set; }

    /// <summary>Whether some of the commands are for replicas only.</summary>
    internal bool HasMessages => _messages.Count != 0;

    private static ReadOnlySpan<byte> MultiCommand => "*1\r\n$5\r\nMULTI\r\n"u8;

    private static ReadOnlySpan<byte> ExecCommand => "*1\r\n$4\r\nEXEC\r\n"u8;

    // --- collecting -----------------------------------------------------------------------------------------------

    /// <summary>Begins a command. Its arguments follow, as many as said.</summary>
    /// <param name="database">The number of the database that it works on.</param>
    /// <param name="arguments">The number of arguments, the command's name counted.</param>
    /// <param name="isMessage">Whether it is for replicas only and not for files.</param>
    public void Begin(int database, int arguments, bool isMessage = false)
    {
        Debug.Assert(_missing == 0, "the last effect lacks arguments");
        if (_messages.Count != 0)
            EndMessage();
        if (_commands++ == 0)
        {
            FirstDatabase = LastDatabase = database;
        }
        else if (database != LastDatabase)
        {
            WriteSelect(database);
            LastDatabase = database;
        }
        _commandStart = _end;
        _missing = arguments;
        if (isMessage)
            _messages.Add(new Message(_end, nuint.MaxValue));
        byte* position = Reserve(MostDigits + 3);
        _end += (nuint)(WriteHeader(position, '*', arguments) - position);
    }

    /// <summary>Adds an argument.</summary>
    public void Add(ReadOnlySpan<byte> argument)
    {
        byte* position = Reserve((nuint)argument.Length + MostDigits + 5);
        position = WriteHeader(position, '$', argument.Length);
        argument.CopyTo(new Span<byte>(position, argument.Length));
        position += argument.Length;
        *position++ = (byte)'\r';
        *position++ = (byte)'\n';
        _end = (nuint)(position - _bytes);
        _missing--;
    }

    /// <summary>Adds a number as an argument.</summary>
    public void Add(long argument)
    {
        Span<byte> digits = stackalloc byte[MostDigits];
        Utf8Formatter.TryFormat(argument, digits, out int length);
        Add(digits[..length]);
    }

    /// <summary>Adds a command of two words.</summary>
    public void Add(int database, ReadOnlySpan<byte> name, ReadOnlySpan<byte> argument)
    {
        Begin(database, 2);
        Add(name);
        Add(argument);
    }

    /// <summary>Takes back a command that has not got all of its arguments, since whoever wrote it has failed.</summary>
    public void DropIncomplete()
    {
        if (_missing == 0)
            return;
        _missing = 0;
        _end = _commandStart;
        _commands--;
        _messages.RemoveAll(message => message.Start >= _end);
    }

    // --- flushing -------------------------------------------------------------------------------------------------

    /// <summary>Appends what has been collected to the journal. Under the locks of the unit.</summary>
    /// <param name="isTransaction">Whether several commands are one step, so that MULTI and EXEC go around them.</param>
    public void Flush(bool isTransaction = true)
    {
        if (_commands == 0)
            return;
        Debug.Assert(_missing == 0, "the last effect lacks arguments");
        isTransaction &= _commands > 1;
        if (isTransaction)
            Append(ExecCommand);
        journal.Append(this, isTransaction);
        _commands = 0;
        _end = Headroom;
        _messages.Clear();
        if (_capacity > MostKept)
            Dispose();
    }

    /// <summary>Forgets what has been collected.</summary>
    public void Clear()
    {
        _commands = _missing = 0;
        _end = Headroom;
        _messages.Clear();
    }

    /// <summary>Gives the unit to a sink. Under the journal's lock.</summary>
    internal void SendTo(IJournalSink sink, bool isTransaction, bool isSelecting)
    {
        _start = Headroom;
        if (isSelecting)
        {
            Span<byte> select = stackalloc byte[Headroom];
            select = select[..FormatSelect(select, FirstDatabase)];
            Prepend(select);
        }
        if (isTransaction)
            Prepend(MultiCommand);
        for (nuint position = _start; position < _end; position += LargestPiece)
            sink.Append(new ReadOnlySpan<byte>(_bytes + position, (int)nuint.Min(LargestPiece, _end - position)));
    }

    /// <summary>Takes out what is for replicas only, when these have it.</summary>
    internal void RemoveMessages(bool isTransaction)
    {
        for (int i = _messages.Count - 1; i >= 0; i--)
        {
            Message message = _messages[i];
            nuint end = nuint.Min(message.End, EndOfCommands(isTransaction));
            Buffer.MemoryCopy(_bytes + end, _bytes + message.Start, _end - end, _end - end);
            _end -= end - message.Start;
            _commands--;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes != null)
            NativeHeap.Free(_bytes);
        _bytes = null;
        _capacity = 0;
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    private nuint EndOfCommands(bool isTransaction) => isTransaction ? _end - (nuint)ExecCommand.Length : _end;

    private void WriteSelect(int database)
    {
        Span<byte> select = stackalloc byte[Headroom];
        Append(select[..FormatSelect(select, database)]);
    }

    private void EndMessage()
    {
        if (_messages[^1].End == nuint.MaxValue)
            _messages[^1] = _messages[^1] with { End = _end };
    }

    private static int FormatSelect(Span<byte> target, int database)
    {
        Span<byte> digits = stackalloc byte[MostDigits];
        Utf8Formatter.TryFormat(database, digits, out int length);
        ReadOnlySpan<byte> head = "*2\r\n$6\r\nSELECT\r\n$"u8;
        head.CopyTo(target);
        int end = head.Length;
        Utf8Formatter.TryFormat(length, target[end..], out int written);
        end += written;
        "\r\n"u8.CopyTo(target[end..]);
        digits[..length].CopyTo(target[(end + 2)..]);
        end += 2 + length;
        "\r\n"u8.CopyTo(target[end..]);
        return end + 2;
    }

    private void Prepend(ReadOnlySpan<byte> bytes)
    {
        _start -= (nuint)bytes.Length;
        bytes.CopyTo(new Span<byte>(_bytes + _start, bytes.Length));
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(new Span<byte>(Reserve((nuint)bytes.Length), bytes.Length));
        _end += (nuint)bytes.Length;
    }

    private static byte* WriteHeader(byte* position, char kind, int value)
    {
        *position++ = (byte)kind;
        if (value < 10)
        {
            *position++ = (byte)('0' + value);
        }
        else
        {
            Utf8Formatter.TryFormat(value, new Span<byte>(position, MostDigits), out int length);
            position += length;
        }
        *position++ = (byte)'\r';
        *position++ = (byte)'\n';
        return position;
    }

    /// <summary>Makes sure that there is room behind the end, which it returns.</summary>
    private byte* Reserve(nuint bytes)
    {
        if (_end + bytes > _capacity)
            Grow(_end + bytes);
        return _bytes + _end;
    }

    private void Grow(nuint needed)
    {
        nuint capacity = NativeHeap.GoodSize(nuint.Max(nuint.Max(FirstCapacity, needed), _capacity * 2));
        byte* bytes = NativeHeap.Allocate(capacity);
        if (_bytes != null)
        {
            Buffer.MemoryCopy(_bytes, bytes, capacity, _end);
            NativeHeap.Free(_bytes);
        }
        _bytes = bytes;
        _capacity = capacity;
    }
}
