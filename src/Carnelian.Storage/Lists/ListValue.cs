using System.Runtime.CompilerServices;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Lists;

/// <summary>
/// The list that an entry holds, whichever way: one pack while it is small, else a <see cref="QuickList"/>. Every method works on both.
/// </summary>
/// <remarks>
/// A list grows out of its pack before elements are added (<see cref="Grow"/>) and goes back into one after some were removed (<see cref="Shrink"/>),
/// at half of the limits, so that a list at the limit does not go to and fro. The caller decides when, as Valkey's commands do.
/// </remarks>
public readonly unsafe struct ListValue
{
    private readonly Entry _entry;

    /// <summary>The list of an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ListValue(Entry entry) => _entry = entry;

    /// <summary>Adds a key that does not exist, with a list without elements: the caller adds some.</summary>
    public static ListValue Add(Database database, in Key key, long now) =>
        new(database.AddCollection(key, ValueType.List, ValueEncoding.ListPack, ListPack.Create().Address, now));

    /// <summary>The entry.</summary>
    public Entry Entry => _entry;

    /// <summary>Whether the list is one pack.</summary>
    public bool IsPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _entry.Encoding == ValueEncoding.ListPack;
    }

    /// <summary>The list as one pack.</summary>
    public ListPack Pack => new(_entry.Collection);

    /// <summary>The list as a quicklist.</summary>
    public QuickList Nodes => new(_entry.Collection);

    /// <summary>The number of elements.</summary>
    public long Count => IsPacked ? Pack.Count : Nodes.Count;

    /// <summary>Whether there is no element: only within a command.</summary>
    public bool IsEmpty => IsPacked ? Pack.IsEmpty : Nodes.Count == 0;

    // --- encoding -------------------------------------------------------------------------------------------------

    /// <summary>Takes the list out of its pack if that would become too large.</summary>
    /// <param name="bytes">The lengths of the elements that are about to be added.</param>
    /// <param name="count">Their number.</param>
    /// <param name="limits">The limits in force.</param>
    public void Grow(long bytes, long count, in ListLimits limits)
    {
        if (!IsPacked)
            return;
        ListPack pack = Pack;
        if (limits.IsExceededBy(pack.Bytes + bytes, pack.Count + count))
            _entry.SetCollection(ValueEncoding.QuickList, QuickList.Adopt(pack, limits.Fill).Address);
    }

    /// <summary>Puts the list back into a pack if it is one node of half of what a node may hold, or less.</summary>
    public void Shrink(in ListLimits limits)
    {
        if (!IsPacked)
            Repack(limits.MostBytes / 2, limits.MostElements / 2);
    }

    /// <summary>Puts the list into the form that a list of its size has when it is made at once.</summary>
    public void Settle(in ListLimits limits)
    {
        if (IsPacked)
            Grow(0, 0, limits);
        else
            Repack(limits.MostBytes, limits.MostElements);
    }

    private void Repack(long mostBytes, long mostElements)
    {
        QuickList list = Nodes;
        if (list.IsOnePack(out long bytes) && bytes <= mostBytes && list.Count <= mostElements)
            _entry.SetCollection(ValueEncoding.ListPack, list.Dissolve().Address);
    }

    // --- ends -----------------------------------------------------------------------------------------------------

    /// <summary>Adds an element at an end. The list has grown as far as it has to before.</summary>
    public void Push(scoped in ListElement element, bool atTail, in ListLimits limits)
    {
        if (!IsPacked)
        {
            Nodes.Push(element, atTail, limits);
            return;
        }
        ListPack pack = Pack;
        pack = pack.InsertRoom(atTail ? pack.EndMark : pack.Address + ListPack.HeaderSize, element.PackedSize, out byte* room);
        element.Write(room);
        SetPack(pack);
    }

    /// <summary>The first element or the last.</summary>
    public ListCursor End(bool last)
    {
        if (!IsPacked)
            return Nodes.End(last);
        ListPack pack = Pack;
        return new ListCursor(pack, last ? pack.Last : pack.First);
    }

    /// <summary>Removes the first element or the last of a list that has some.</summary>
    public void RemoveEnd(bool last)
    {
        if (!IsPacked)
        {
            Nodes.RemoveEnd(last);
            return;
        }
        ListPack pack = Pack;
        SetPack(pack.Remove(last ? pack.Last : pack.First, out _));
    }

    // --- anywhere -------------------------------------------------------------------------------------------------

    /// <summary>The element at an index.</summary>
    /// <param name="index">0 to the number of elements, exclusive.</param>
    public ListCursor At(long index) => IsPacked ? new ListCursor(Pack, Pack.At(index)) : Nodes.At(index);

    /// <summary>Inserts an element beside another. The list has grown as far as it has to before the other was looked for.</summary>
    public void Insert(in ListCursor at, scoped in ListElement element, bool after, in ListLimits limits)
    {
        if (!IsPacked)
        {
            Nodes.Insert(at, element, after, limits);
            return;
        }
        byte* place = after ? at.Element + ListPack.SizeOf(at.Element) : at.Element;
        ListPack pack = Pack.InsertRoom(place, element.PackedSize, out byte* room);
        element.Write(room);
        SetPack(pack);
    }

    /// <summary>Puts an element in the place of another.</summary>
    public void Replace(in ListCursor at, scoped in ListElement element, in ListLimits limits)
    {
        if (IsPacked)
            SetPack(Pack.Replace(at.Element, element.Bytes, out _));
        else
            Nodes.Replace(at, element, limits);
    }

    /// <summary>Removes an element and goes to the next one, or to the one before.</summary>
    public void Remove(ref ListCursor at, bool backwards)
    {
        if (!IsPacked)
        {
            Nodes.Remove(ref at, backwards);
            return;
        }
        ListPack pack = Pack.Remove(at.Element, out byte* next);
        SetPack(pack);
        if (backwards)
            next = pack.Previous(next == null ? pack.EndMark : next);
        at = new ListCursor(pack, next);
    }

    /// <summary>Removes some elements that follow each other.</summary>
    /// <param name="start">The index of the first.</param>
    /// <param name="count">How many; the list has them.</param>
    /// <returns>Nodes that the caller frees.</returns>
    public NodeChain RemoveRange(long start, long count)
    {
        if (!IsPacked)
            return Nodes.RemoveRange(start, count);
        if (count != 0)
            SetPack(Pack.Remove(Pack.At(start), count, out _));
        return default;
    }

    private void SetPack(ListPack pack)
    {
        Entry entry = _entry;
        entry.Collection = pack.Address;
    }
}
