using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Sorting;

/// <summary>The elements that a SORT works on, in native memory. They refer to the value, which does not change meanwhile.</summary>
internal unsafe struct SortItems : IDisposable
{
    private SortItem* _items;
    private int _capacity;
    private SortText _text;

    /// <summary>The number of elements.</summary>
    public int Count { get; private set; }

    /// <summary>All elements.</summary>
    public readonly Span<SortItem> All => new(_items, Count);

    /// <summary>Collects the elements of a value.</summary>
    /// <param name="entry">The value; may not exist.</param>
    /// <param name="first">Where to begin, in a list or sorted set that keeps its order.</param>
    /// <param name="count">How many from there on.</param>
    /// <param name="backwards">Whether to go from the end to the beginning.</param>
    public void Collect(Entry entry, long first, long count, bool backwards)
    {
        if (!entry.Exists || count <= 0)
            return;
        Reserve((int)Math.Min(count, int.MaxValue));
        switch (entry.Type)
        {
            case ValueType.List:
                CollectList(new ListValue(entry), first, count, backwards);
                break;
            case ValueType.SortedSet:
                CollectSorted(new SortedSet(entry), first, count, backwards);
                break;
            default:
                var walk = new SetWalk(SetValue.Of(entry));
                while (walk.Next(out PackedValue member))
                    Add(member);
                walk.Dispose();
                break;
        }
    }

    /// <summary>Finds what the elements are sorted by.</summary>
    /// <returns>False if a number is needed and one is none.</returns>
    public bool TryWeigh(scoped ref CommandContext ctx, scoped in SortOptions options)
    {
        for (int i = 0; i < Count; i++)
        {
            ref SortItem item = ref _items[i];
            if (options.By.IsEmpty)
            {
                if (!options.IsAlpha && !TryNumber(item.Bytes, out item.Score))
                    return false;
                continue;
            }
            if (!SortPattern.TryFind(ref ctx, options.By, item.Bytes, out PackedValue value))
                continue;
            if (options.IsAlpha)
                item.ByData = TextOf(value, out item.ByLength);
            else if (value.IsInteger)
                item.Score = value.Integer;
            else if (!TryNumber(new ReadOnlySpan<byte>(value.Data, value.Length), out item.Score))
                return false;
        }
        return true;
    }

    /// <summary>Puts the elements in order.</summary>
    public readonly void Sort(SortOrder order) => MemoryExtensions.Sort(All, order);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free((byte*)_items);
        _items = null;
        _text.Dispose();
    }

    private void CollectList(ListValue list, long first, long count, bool backwards)
    {
        ListCursor at = list.At(backwards ? list.Count - 1 - first : first);
        while (true)
        {
            Add(at.Value);
            if (--count == 0)
                return;
            at.Move(backwards);
        }
    }

    private void CollectSorted(SortedSet set, long first, long count, bool backwards)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        SortedSetCursor at = set.At(backwards ? set.Count - 1 - first : first);
        for (; count > 0; count--)
        {
            ReadOnlySpan<byte> member = at.Member(digits);
            if (member.Length <= digits.Length && member.Overlaps(digits))
            {
                _ = AsciiNumber.TryParseInt64(member, out long integer);
                Add(new PackedValue(integer));
            }
            else
            {
                Add(SortPattern.ValueOf(member));
            }
            if (count > 1)
                at.Move(backwards);
        }
    }

    private void Add(in PackedValue value)
    {
        Reserve(1);
        SortItem item = default;
        item.Data = TextOf(value, out item.Length);
        item.Index = Count;
        _items[Count++] = item;
    }

    private void Reserve(int more)
    {
        if (Count + more <= _capacity)
            return;
        _capacity = Math.Max(Count + more, _capacity * 2);
        _items = (SortItem*)NativeHeap.Reallocate((byte*)_items, (nuint)_capacity * (nuint)sizeof(SortItem));
    }

    private byte* TextOf(in PackedValue value, out int length)
    {
        if (value.IsInteger)
            return _text.Digits(value.Integer, out length);
        length = value.Length;
        return value.Data;
    }

    /// <summary>Reads a number, which ends at a zero byte.</summary>
    private static bool TryNumber(ReadOnlySpan<byte> text, out double number)
    {
        int zero = text.IndexOf((byte)0);
        return AsciiNumber.TryParseDouble(zero < 0 ? text : text[..zero], out number);
    }
}
