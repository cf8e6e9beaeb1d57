using Carnelian.Storage.Streams;

namespace Carnelian.Storage.Snapshots;

/// <summary>
/// A big stream: the walk goes from block to block in the order of ids, and before a block changes or goes, it is copied or taken over. Totals and groups
/// the sink has noted at the beginning.
/// </summary>
/// <remarks>
/// Invariant: a block of the cut is saved exactly if its id lies before the position of the walk, or is among the early ones. Early ones without a block
/// stand for ids under which something came that was not there at the cut.
/// </remarks>
internal sealed unsafe class StreamGuard : BlockGuard
{
    private static readonly Comparer<StreamId> s_order = Comparer<StreamId>.Create(static (left, right) => left < right ? -1 : right < left ? 1 : 0);

    private readonly SortedDictionary<StreamId, SavedBlock?> _early = new(s_order);
    private readonly StreamId _last;
    private StreamId _position;
    private bool _isAtEnd;

    public StreamGuard(Snapshot snapshot, Entry entry, int shard, ISnapshotValue value)
        : base(snapshot, entry, shard, value) => _last = Blocks.Last.Key;

    private OrderedTree<StreamId> Blocks => new StreamValue(Root).Blocks;

    /// <summary>Copies a block whose bytes are about to change, unless it is saved.</summary>
    public void BeforeChange(StreamId id, StreamBlock block)
    {
        if (IsToBeSaved(id))
            _early.Add(id, Count(new SavedBlock(block.Pack.Copy().Address, 0, isPlain: false) { Id = id, IsEarly = true }));
    }

    /// <summary>Notes that a block is new.</summary>
    public void NoteNew(StreamId id)
    {
        if (IsToBeSaved(id))
            _early.Add(id, null);
    }

    /// <summary>Takes over a block that is no longer in the stream, unless it is saved.</summary>
    /// <returns>False if it is to be freed.</returns>
    public bool TryTakeOver(StreamId id, StreamBlock block)
    {
        if (!IsToBeSaved(id))
            return false;
        _early.Add(id, Count(new SavedBlock(block.Address, 0, isPlain: false) { Id = id, IsEarly = true }));
        return true;
    }

    /// <inheritdoc/>
    protected override bool Collect(ref SavedBlocks into)
    {
        for (int i = 0; i < BlocksPerStep && !_isAtEnd; i++)
        {
            OrderedTree<StreamId>.Position at = Blocks.AtOrAfter(_position);
            bool isThere = at.Exists && at.Key <= _last;
            StreamId id;
            if (TryGetFirstEarly(out StreamId early, out SavedBlock? saved) && (!isThere || early <= at.Key))
            {
                id = early;
                _early.Remove(early);
                if (saved != null)
                    into.Add(saved);
            }
            else if (isThere)
            {
                id = at.Key;
                into.Add(new SavedBlock(new StreamBlock(at.Value).Pack.Copy().Address, 0, isPlain: false) { Id = id });
            }
            else
            {
                id = _last;
            }
            _isAtEnd = id == _last || !id.TryNext(out _position);
        }
        return _isAtEnd;
    }

    /// <inheritdoc/>
    protected override void Pass(SavedBlock block) => Value.AddBlock(block.Id, block.Content);

    /// <inheritdoc/>
    protected override void Free()
    {
        base.Free();
        foreach (SavedBlock? block in _early.Values)
        {
            if (block != null)
                Free(block);
        }
    }

    private bool IsToBeSaved(StreamId id) => !IsAborted && !_isAtEnd && id >= _position && id <= _last && !_early.ContainsKey(id);

    private bool TryGetFirstEarly(out StreamId id, out SavedBlock? block)
    {
        using var first = _early.GetEnumerator();
        bool exists = first.MoveNext();
        (id, block) = exists ? first.Current : default;
        return exists;
    }
}
