using System.Diagnostics;
using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Snapshots;

namespace Carnelian.Storage.Lists;

/// <summary>
/// A long list: nodes in a chain, each a pack of as many elements as <see cref="ListLimits"/> allow, or one long element.
/// </summary>
/// <remarks>
/// <para>Layout: a root (first node, last node, number of elements, number of nodes, fill, the node where defragmentation goes on) that the entry points to; the nodes of
/// <see cref="QuickListNode"/>. All of it is native memory.</para>
/// <para>Invariants: no node is empty; the counts of the nodes add up to that of the root; only the first and the last node have much more
/// memory than they need. A list without elements exists only within a command.</para>
/// <para>Where elements go, where nodes split and when they join follows Valkey, because OBJECT ENCODING shows it: a list of one node may turn
/// into a pack when it shrinks.</para>
/// </remarks>
public readonly unsafe struct QuickList
{
    private struct Root
    {
        public QuickListNode* Head;
        public QuickListNode* Tail;
        public long Count;
        public long Nodes;
        public int Fill;
        public QuickListNode* NextToRelocate;
    }

    private readonly Root* _root;

    /// <summary>Refers to a list by its address.</summary>
    public QuickList(byte* address) => _root = (Root*)address;

    /// <summary>The address of the root.</summary>
    public byte* Address => (byte*)_root;

    /// <summary>The number of elements.</summary>
    public long Count => _root->Count;

    /// <summary>The number of nodes.</summary>
    public long Nodes => _root->Nodes;

    /// <summary>The value of <c>list-max-listpack-size</c> that the list was made with.</summary>
    public int Fill => _root->Fill;

    internal QuickListNode* Head => _root->Head;

    // --- memory ---------------------------------------------------------------------------------------------------

    /// <summary>Makes a list without elements.</summary>
    public static QuickList Create(int fill)
    {
        var root = (Root*)NativeHeap.Allocate((nuint)sizeof(Root));
        *root = default;
        root->Fill = fill;
        return new QuickList((byte*)root);
    }

    /// <summary>Makes a list of the elements of a pack, which it takes over.</summary>
    public static QuickList Adopt(ListPack pack, int fill)
    {
        QuickList list = Create(fill);
        list.AppendPack(pack);
        return list;
    }

    /// <summary>Appends a node of all elements of a pack, which it takes over.</summary>
    public void AppendPack(ListPack pack)
    {
        if (pack.IsEmpty)
        {
            pack.Free();
            return;
        }
        QuickListNode* node = QuickListNode.Adopt(pack);
        Link(node, _root->Tail, after: true);
        _root->Count += node->Count;
    }

    /// <summary>A copy with memory of its own.</summary>
    public QuickList Copy()
    {
        QuickList copy = Create(Fill);
        for (QuickListNode* node = _root->Head; node != null; node = node->Next)
            copy.Link(node->Copy(), copy._root->Tail, after: true);
        copy._root->Count = Count;
        return copy;
    }

    /// <summary>Frees the list with all nodes; one that a snapshot still saves is left to that.</summary>
    public void Free()
    {
        if (ValueGuards.TryLeave(Address))
            return;
        new NodeChain(_root->Head, _root->Nodes).Free();
        NativeHeap.Free((byte*)_root);
    }

    /// <summary>Moves some nodes and their packs out of spans that are nearly empty.</summary>
    /// <param name="isFirst">Whether to begin at the first node, or where the last step ended.</param>
    /// <param name="relocator">Moves blocks.</param>
    /// <returns>Whether the last node is done. When nodes went that were still to be looked at, the rest may be left out.</returns>
    public bool Relocate(bool isFirst, Relocator relocator)
    {
        QuickListNode* node = isFirst ? _root->Head : _root->NextToRelocate;
        for (long end = relocator.Looked + Relocator.StepBlocks; node != null && relocator.Looked < end; node = node->Next)
        {
            node->RelocateBlock(relocator);
            var copy = (QuickListNode*)relocator.TryCopy((byte*)node);
            if (copy == null)
                continue;
            if (node->Previous == null)
                _root->Head = copy;
            else
                node->Previous->Next = copy;
            if (node->Next == null)
                _root->Tail = copy;
            else
                node->Next->Previous = copy;
            relocator.Free((byte*)node);
            node = copy;
        }
        _root->NextToRelocate = node;
        return node == null;
    }

    /// <summary>The memory that the list occupies, in bytes; estimated from the first nodes if not all are looked at.</summary>
    /// <param name="samples">How many nodes to look at; 0 means all.</param>
    public long AllocatedBytes(long samples)
    {
        long bytes = 0, seen = 0;
        for (QuickListNode* node = _root->Head; node != null && (samples == 0 || seen < samples); node = node->Next)
        {
            bytes += node->AllocatedBytes;
            seen++;
        }
        if (seen != 0 && seen < Nodes)
            bytes = (long)((double)bytes / seen * Nodes);
        return bytes + (long)NativeHeap.GoodSize((nuint)sizeof(Root));
    }

    /// <summary>The bytes of all packs and long elements.</summary>
    public long ContentBytes
    {
        get
        {
            long bytes = 0;
            for (QuickListNode* node = _root->Head; node != null; node = node->Next)
                bytes += node->Size;
            return bytes;
        }
    }

    /// <summary>Whether a node is one element of so many bytes or more. Looks at all nodes.</summary>
    internal bool HasLongElement(long bytes)
    {
        QuickListNode* node = _root->Head;
        while (node != null && !(node->IsPlain && node->Size >= bytes))
            node = node->Next;
        return node != null;
    }

    /// <summary>What the nodes hold, for those who look into structures.</summary>
    public ListNodeInfo[] DescribeNodes()
    {
        var nodes = new List<ListNodeInfo>();
        for (QuickListNode* node = _root->Head; node != null; node = node->Next)
            nodes.Add(new ListNodeInfo(node->Count, node->Size, node->IsPlain));
        return [.. nodes];
    }

    /// <summary>Whether the list could be one pack, as far as nodes go; and the size of that.</summary>
    public bool IsOnePack(out long bytes)
    {
        bool isOne = _root->Nodes == 1 && !_root->Head->IsPlain;
        bytes = isOne ? _root->Head->Size : 0;
        return isOne;
    }

    /// <summary>Frees a list that <see cref="IsOnePack"/>, but for the pack.</summary>
    public ListPack Dissolve()
    {
        if (ValueGuards.OfList(Address) != null)
        {
            ListPack copy = _root->Head->Pack.Copy();
            Drop(_root->Head);
            Free();
            return copy;
        }
        ListPack pack = QuickListNode.Release(_root->Head);
        NativeHeap.Free((byte*)_root);
        return pack;
    }

    // --- ends -----------------------------------------------------------------------------------------------------

    /// <summary>The first element or the last.</summary>
    public ListCursor End(bool last) => ListCursor.EndOf(last ? _root->Tail : _root->Head, last);

    /// <summary>Adds an element at an end.</summary>
    public void Push(scoped in ListElement element, bool atTail, in ListLimits limits)
    {
        ListLimits own = limits.WithFill(_root->Fill);
        QuickListNode* end = atTail ? _root->Tail : _root->Head;
        int length = element.Bytes.Length;
        if (Allows(end, length, own))
        {
            BeforeChange(end);
            ListPack pack = end->Pack;
            end->Put(atTail ? pack.EndMark : pack.Address + ListPack.HeaderSize, 0, 0, element, own.UsualBytes);
        }
        else
        {
            AddNode(element, end, atTail, own);
        }
        _root->Count++;
    }

    /// <summary>Removes the first element or the last.</summary>
    public void RemoveEnd(bool last)
    {
        QuickListNode* node = last ? _root->Tail : _root->Head;
        if (node->Count == 1)
        {
            Drop(node);
        }
        else
        {
            BeforeChange(node);
            ListPack pack = node->Pack;
            byte* element = last ? pack.Last : pack.First;
            node->Cut(element, ListPack.SizeOf(element), 1);
        }
        _root->Count--;
    }

    // --- anywhere -------------------------------------------------------------------------------------------------

    /// <summary>The element at an index, from the nearer end.</summary>
    /// <param name="index">0 to the number of elements, exclusive.</param>
    public ListCursor At(long index)
    {
        QuickListNode* node = FindNode(ref index);
        return new ListCursor(node, node->IsPlain ? null : node->Pack.At(index));
    }

    /// <summary>Inserts an element beside another.</summary>
    /// <param name="at">The other element.</param>
    /// <param name="element">What to insert.</param>
    /// <param name="after">Whether behind it.</param>
    /// <param name="limits">The limits in force.</param>
    public void Insert(in ListCursor at, scoped in ListElement element, bool after, in ListLimits limits)
    {
        ListLimits own = limits.WithFill(_root->Fill);
        QuickListNode* node = at.Node;
        byte* place = node->IsPlain || !after ? at.Element : at.Element + ListPack.SizeOf(at.Element);
        bool isEdge = node->IsPlain || (after ? *place == ListPack.End : place == node->Pack.First);
        QuickListNode* neighbour = after ? node->Next : node->Previous;
        int length = element.Bytes.Length;
        if (own.IsLarge(length))
        {
            if (!isEdge)
                Split(node, place);
            QuickListNode* before = isEdge && !after ? neighbour : node;
            Link(QuickListNode.CreatePlain(element), before, after: true);
        }
        else if (Allows(node, length, own))
        {
            BeforeChange(node);
            node->Put(place, 0, 0, element, 0);
        }
        else if (isEdge && Allows(neighbour, length, own))
        {
            BeforeChange(neighbour);
            ListPack pack = neighbour->Pack;
            neighbour->Put(after ? pack.First : pack.EndMark, 0, 0, element, 0);
        }
        else if (isEdge)
        {
            Link(QuickListNode.CreatePacked(element, 0, atFront: false), node, after);
        }
        else
        {
            QuickListNode* rear = Split(node, place);
            if (after)
                rear->Put(rear->Pack.First, 0, 0, element, 0);
            else
                node->Put(node->Pack.EndMark, 0, 0, element, 0);
            JoinAround(after ? node : rear, own);
        }
        _root->Count++;
    }

    /// <summary>Puts an element in the place of another.</summary>
    public void Replace(in ListCursor at, scoped in ListElement element, in ListLimits limits)
    {
        ListLimits own = limits.WithFill(_root->Fill);
        QuickListNode* node = at.Node;
        bool isLarge = own.IsLarge(element.Bytes.Length);
        if (!node->IsPlain && !isLarge)
        {
            BeforeChange(node);
            node->Put(at.Element, ListPack.SizeOf(at.Element), 1, element, 0);
            return;
        }
        if (node->IsPlain)
        {
            if (isLarge)
            {
                Link(QuickListNode.CreatePlain(element), node, after: true);
            }
            else
            {
                Insert(at, element, after: true, limits);
                _root->Count--;
            }
            Drop(node);
            return;
        }
        byte* next = at.Element + ListPack.SizeOf(at.Element);
        if (*next != ListPack.End)
            Split(node, next);
        QuickListNode* plain = QuickListNode.CreatePlain(element);
        Link(plain, node, after: true);
        if (node->Count == 1)
        {
            Drop(node);
            return;
        }
        BeforeChange(node);
        byte* last = node->Pack.Last;
        node->Cut(last, ListPack.SizeOf(last), 1);
        JoinAround(plain, own);
    }

    /// <summary>Removes an element and goes to the next one, or to the one before.</summary>
    public void Remove(ref ListCursor at, bool backwards)
    {
        QuickListNode* node = at.Node;
        _root->Count--;
        if (node->Count == 1)
        {
            ListCursor neighbour = ListCursor.EndOf(backwards ? node->Previous : node->Next, last: backwards);
            Drop(node);
            at = neighbour;
            return;
        }
        BeforeChange(node);
        byte* next = node->Cut(at.Element, ListPack.SizeOf(at.Element), 1);
        if (backwards)
        {
            at = new ListCursor(node, next);
            at.MovePrevious();
        }
        else
        {
            at = *next == ListPack.End ? ListCursor.EndOf(node->Next, last: false) : new ListCursor(node, next);
        }
    }

    /// <summary>Removes some elements that follow each other.</summary>
    /// <param name="start">The index of the first.</param>
    /// <param name="count">How many; the list has them.</param>
    /// <returns>The nodes that are empty after that, to be freed by the caller.</returns>
    public NodeChain RemoveRange(long start, long count)
    {
        Debug.Assert(start >= 0 && count >= 0 && start + count <= Count, "the caller has cut the range to the list");
        if (count == 0)
            return default;
        long offset = start;
        QuickListNode* node = FindNode(ref offset);
        _root->Count -= count;
        if (offset != 0)
        {
            byte* from = node->Pack.At(offset);
            long here = Math.Min(count, node->Count - offset);
            CutElements(node, from, here);
            count -= here;
            node = node->Next;
        }
        QuickListNode* first = node;
        long nodes = 0;
        while (count > 0 && node->Count <= count)
        {
            count -= node->Count;
            nodes++;
            node = node->Next;
        }
        if (nodes != 0)
            Unlink(first, node == null ? _root->Tail : node->Previous, nodes);
        if (count > 0)
            CutElements(node, node->Pack.First, count);
        if (ValueGuards.OfList(Address) is not { } guard)
            return new NodeChain(first, nodes);
        for (; nodes > 0; nodes--)
        {
            QuickListNode* next = first->Next;
            guard.TakeOver(first);
            first = next;
        }
        return default;
    }

    // --- nodes ----------------------------------------------------------------------------------------------------

    private static bool Allows(QuickListNode* node, int length, in ListLimits limits) =>
        node != null && !node->IsPlain && !limits.IsLarge(length) && !limits.IsExceededByOneMore(node->Pack.Bytes, node->Count, length);

    private static bool CanJoin(QuickListNode* first, QuickListNode* second, in ListLimits limits) =>
        first != null && second != null && !first->IsPlain && !second->IsPlain
        && !limits.IsExceededBy(first->Size + second->Size - ListPack.EmptySize, (long)first->Count + second->Count);

    private void CutElements(QuickListNode* node, byte* from, long count)
    {
        BeforeChange(node);
        byte* end = from;
        if (node->Count == count || from + ListPack.SizeOf(from) == node->Pack.EndMark)
        {
            end = node->Pack.EndMark;
        }
        else
        {
            for (long i = 0; i < count; i++)
                end += ListPack.SizeOf(end);
        }
        node->Cut(from, (int)(end - from), (int)count);
    }

    /// <summary>Adds a node of one element at an end.</summary>
    private void AddNode(scoped in ListElement element, QuickListNode* end, bool atTail, in ListLimits limits)
    {
        QuickListNode* node;
        if (limits.IsLarge(element.Bytes.Length))
        {
            node = QuickListNode.CreatePlain(element);
        }
        else
        {
            // A list that has filled nodes will likely fill the next one, too.
            const int many = 8;
            int capacity = end == null || end->IsPlain ? 0 : end->Pack.Bytes / (_root->Nodes < many ? 4 : 1);
            node = QuickListNode.CreatePacked(element, (int)NativeHeap.GoodSize((nuint)capacity), atFront: !atTail);
        }
        Link(node, end, atTail);
        if (end != null)
            end->Trim();
    }

    private QuickListNode* FindNode(ref long index)
    {
        QuickListNode* node;
        if (index < _root->Count / 2)
        {
            node = _root->Head;
            while (index >= node->Count)
            {
                index -= node->Count;
                node = node->Next;
            }
            return node;
        }
        long behind = _root->Count - 1 - index;
        node = _root->Tail;
        while (behind >= node->Count)
        {
            behind -= node->Count;
            node = node->Previous;
        }
        index = node->Count - 1 - behind;
        return node;
    }

    /// <summary>Puts a node beside another one, or into an empty list; before null is at the front, behind null too.</summary>
    private void Link(QuickListNode* node, QuickListNode* beside, bool after)
    {
        QuickListNode* previous = after ? beside : beside == null ? null : beside->Previous;
        QuickListNode* next = !after ? beside : beside == null ? _root->Head : beside->Next;
        node->Previous = previous;
        node->Next = next;
        if (previous == null)
            _root->Head = node;
        else
            previous->Next = node;
        if (next == null)
            _root->Tail = node;
        else
            next->Previous = node;
        _root->Nodes++;
        ValueGuards.OfList(Address)?.NoteNew(node);
    }

    private void Unlink(QuickListNode* first, QuickListNode* last, long nodes)
    {
        QuickListNode* previous = first->Previous;
        QuickListNode* next = last->Next;
        if (previous == null)
            _root->Head = next;
        else
            previous->Next = next;
        if (next == null)
            _root->Tail = previous;
        else
            next->Previous = previous;
        _root->Nodes -= nodes;
        if (_root->NextToRelocate != null && (nodes > 1 || _root->NextToRelocate == first))
            _root->NextToRelocate = nodes > 1 ? null : next;
    }

    private void Drop(QuickListNode* node)
    {
        Unlink(node, node, 1);
        if (ValueGuards.OfList(Address) is { } guard)
            guard.TakeOver(node);
        else
            QuickListNode.Free(node);
    }

    /// <summary>Has a snapshot copy a node whose elements are about to change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeforeChange(QuickListNode* node)
    {
        if (ValueGuards.Any)
            ValueGuards.OfList(Address)?.BeforeChange(node);
    }

    /// <summary>Splits a node in front of an element that is not its first.</summary>
    private QuickListNode* Split(QuickListNode* node, byte* at)
    {
        BeforeChange(node);
        int count = 0;
        for (byte* element = node->Pack.First; element != at; element += ListPack.SizeOf(element))
            count++;
        QuickListNode* rear = node->SplitBefore(at, count);
        Link(rear, node, after: true);
        return rear;
    }

    /// <summary>Joins nodes around one where that gives nodes that are not too large: two before it, two behind it, then it with both sides.</summary>
    private void JoinAround(QuickListNode* center, in ListLimits limits)
    {
        QuickListNode* previous = center->Previous;
        if (previous != null && CanJoin(previous->Previous, previous, limits))
            Join(previous->Previous);
        QuickListNode* next = center->Next;
        if (next != null && CanJoin(next, next->Next, limits))
            Join(next);
        if (CanJoin(center->Previous, center, limits))
        {
            center = center->Previous;
            Join(center);
        }
        if (CanJoin(center, center->Next, limits))
            Join(center);
    }

    /// <summary>Takes the next node into a node.</summary>
    private void Join(QuickListNode* node)
    {
        BeforeChange(node);
        QuickListNode* next = node->Next;
        node->Append(next);
        Drop(next);
    }
}
