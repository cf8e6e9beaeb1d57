namespace Carnelian.Storage;

/// <summary>
/// The best candidates for eviction among all keys that were sampled so far, so that each sample improves on those before it.
/// </summary>
/// <remarks>
/// A sorted array, lowest rank first, each key at most once. Ranks do not age: they are times or counters, not durations. Used by
/// one thread.
/// </remarks>
internal sealed class EvictionPool
{
    /// <summary>The number of candidates that are kept.</summary>
    public const int Capacity = 32;

    private readonly EvictionCandidate[] _candidates = new EvictionCandidate[Capacity];

    /// <summary>The number of candidates in the pool.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets all candidates.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a candidate, or corrects its rank; in a full pool the one with the highest rank makes room.</summary>
    public void Offer(in EvictionCandidate candidate)
    {
        Forget(candidate.Database, candidate.Hash);
        if (Count == Capacity)
        {
            if (candidate.Rank >= _candidates[Capacity - 1].Rank)
                return;
            Count--;
        }
        int place = Count;
        while (place > 0 && _candidates[place - 1].Rank > candidate.Rank)
        {
            _candidates[place] = _candidates[place - 1];
            place--;
        }
        _candidates[place] = candidate;
        Count++;
    }

    /// <summary>Takes out the candidate with the lowest rank.</summary>
    public bool TryTake(out EvictionCandidate candidate)
    {
        candidate = _candidates[0];
        if (Count == 0)
            return false;
        RemoveAt(0);
        return true;
    }

    private void Forget(int database, ulong hash)
    {
        for (int i = 0; i < Count; i++)
        {
            if (_candidates[i].Hash == hash && _candidates[i].Database == database)
            {
                RemoveAt(i);
                return;
            }
        }
    }

    private void RemoveAt(int index)
    {
        Count--;
        Array.Copy(_candidates, index + 1, _candidates, index, Count - index);
    }
}
