using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Sets;

namespace Carnelian.Commands.Sets;

/// <summary>The sets that a command of set algebra works on, in the order of its keys; a key that does not exist has none. In native memory.</summary>
internal unsafe ref struct Operands
{
    private readonly SetValue* _sets;

    private Operands(int count)
    {
        _sets = (SetValue*)NativeHeap.Allocate((nuint)(count * sizeof(SetValue)));
        Count = count;
    }

    /// <summary>The number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>Whether a key did not exist.</summary>
    public bool AnyMissing { get; private set; }

    /// <summary>The set of a key.</summary>
    public readonly ref SetValue this[int index] => ref _sets[index];

    /// <summary>All sets.</summary>
    public readonly Span<SetValue> Sets => new(_sets, Count);

    /// <summary>Looks all keys up. If one is no set, the WRONGTYPE error is written and there is nothing to free.</summary>
    public static bool TryFind(scoped ref CommandContext ctx, int firstKey, int count, out Operands operands)
    {
        operands = new Operands(count);
        for (int i = 0; i < count; i++)
        {
            if (!SetAccess.TryFind(ref ctx, ctx.Key(firstKey + i), out operands._sets[i]))
            {
                operands.Dispose();
                return false;
            }
            operands.AnyMissing |= !operands._sets[i].Exists;
        }
        return true;
    }

    /// <summary>Drops the keys that did not exist.</summary>
    public void DropMissing()
    {
        int kept = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_sets[i].Exists)
                _sets[kept++] = _sets[i];
        }
        Count = kept;
    }

    /// <summary>Puts the sets from one on in the order of their size; equal ones stay as they are.</summary>
    public readonly void SortBySize(int from, bool descending)
    {
        for (int i = from + 1; i < Count; i++)
        {
            SetValue moved = _sets[i];
            long size = moved.Count;
            int at = i;
            for (; at > from && (descending ? _sets[at - 1].Count < size : _sets[at - 1].Count > size); at--)
                _sets[at] = _sets[at - 1];
            _sets[at] = moved;
        }
    }

    /// <summary>Frees the list; the sets are the keyspace's.</summary>
    public readonly void Dispose() => NativeHeap.Free((byte*)_sets);
}
