using Carnelian.Protocol;

namespace Carnelian.Commands.Streams;

/// <summary>What is left of MAXCOUNT and MAXSIZE while the streams of a command are read one after the other.</summary>
/// <remarks>The size is looked at before an entry is written, and the first one is always written: the reply may be larger by one entry.</remarks>
internal struct ReadBudget
{
    private readonly ReplyWriter _reply;
    private readonly long _bytesBefore;
    private readonly long _mostBytes;
    private readonly bool _isLimited;
    private long _entries;
    private bool _hasSpent;

    /// <summary>Begins with the whole budget.</summary>
    public ReadBudget(ReplyWriter reply, in ReadOptions options)
    {
        _reply = reply;
        _entries = options.MostEntries;
        _isLimited = options.MostEntries != 0;
        _mostBytes = options.MostBytes;
        _bytesBefore = _mostBytes == 0 ? 0 : reply.PendingBytes;
    }

    /// <summary>Whether a further entry may be written, as far as the size goes.</summary>
    public readonly bool HasRoom => _mostBytes == 0 || !_hasSpent || _reply.PendingBytes - _bytesBefore < _mostBytes;

    /// <summary>Whether no entry may be written any more.</summary>
    public readonly bool IsSpent => (_isLimited && _entries <= 0) || !HasRoom;

    /// <summary>How many entries of a stream may be written.</summary>
    /// <param name="count">The limit of the stream alone; 0 = none.</param>
    /// <returns>0 if there is no limit.</returns>
    public readonly long Allowance(long count) => !_isLimited ? count : count == 0 ? _entries : Math.Min(count, _entries);

    /// <summary>Notes that an entry was written.</summary>
    public void Spend()
    {
        _entries--;
        _hasSpent = true;
    }
}
