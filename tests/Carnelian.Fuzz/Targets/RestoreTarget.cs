using Carnelian.Persistence.Rdb;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Storage;
using Carnelian.Storage.Loading;

namespace Carnelian.Fuzz.Targets;

/// <summary>
/// Values as RESTORE takes them, without version and checksum: a byte that tells whose types they are, the type, the value. What is accepted is used
/// like any other value.
/// </summary>
internal sealed unsafe class RestoreTarget : FuzzTarget
{
    private readonly Keyspace _keyspace = new(1, 1);
    private readonly RdbBuffer _buffer = new();
    private readonly RdbEntryWriter _writer;

    public RestoreTarget() => _writer = new RdbEntryWriter(_buffer, RdbProfile.Valkey9);

    public override string Name => "restore";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        [0xC0, 1], [0xC1, 1, 1], [0xC2, 1, 1, 1, 1], [0xC3, 3, 4, 0, 97, 32], [0x40, 0x40], [0x80, 0, 0, 1, 0], [0x81, 0, 0, 0, 0, 0, 0, 0, 9],
        [0x81, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [1, 97], [1, 98], [2, 97, 98], [0xFF], [0xFE], [0xF1], [0xFE, 7], [0xC0, 1, 1], [0xD0, 1, 1, 1, 1],
        [0, 0, 0, 0, 0, 0, 0xF0, 0x3F], [0, 0, 0, 0, 0, 0, 0xF8, 0x7F], [0x81, 97, 2], [1, 1], [7, 7, 0, 0, 0, 0, 0, 0xFF], [11, 11, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0xFF],
        [0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 0, 0, 0, 0, 0, 1],
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        RdbDialect dialect = (input[0] & 1) == 0 ? RdbDialect.Valkey : RdbDialect.Redis;
        var rules = new LoadRules(dialect, ValueUse.Limits, 1_000_000, DropsExpired: (input[0] & 2) != 0);
        Database database = _keyspace[0];
        // A copy of its own: whoever reads behind the end is seen by the debug heap.
        byte* copy = Memory.NativeHeap.Allocate((nuint)input.Length);
        input.CopyTo(new Span<byte>(copy, input.Length));
        var reader = new RdbInput(copy + 1, input.Length - 1);
        byte name = (byte)'k';
        var key = new Key(&name, 1);
        bool isRead = reader.TryReadByte(out byte type) && RdbValueReader.TryRead(ref reader, type, rules, out LoadedValue value)
            && KeyLoader.TryAdd(database, key, value, -1, 0);
        if (!isRead && reader.Failure == RdbFailure.None)
            throw new FuzzFailure("refused without a reason");
        reader.Dispose();
        Memory.NativeHeap.Free(copy);
        if (isRead)
            ValueUse.Consume(database, key, _writer);
        _buffer.Clear();
    }

    public override void Dispose()
    {
        _writer.Dispose();
        _buffer.Dispose();
        _keyspace.Dispose();
    }
}
