using System.Runtime.CompilerServices;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Lists;

/// <summary>
/// A place in a list, at an element or outside of all. Valid until the list changes, but for the changes that take a cursor along.
/// </summary>
public unsafe struct ListCursor
{
    /// <summary>The node; null in a list that is one pack.</summary>
    internal QuickListNode* Node;

    /// <summary>The pack that the element is in; null if it is a node of its own.</summary>
    internal byte* Pack;

    /// <summary>The element, or the first byte of one that is a node of its own; null outside.</summary>
    internal byte* Element;

    /// <summary>A place in a list that is one pack.</summary>
    internal ListCursor(ListPack pack, byte* element)
    {
        Pack = pack.Address;
        Element = element;
    }

    /// <summary>A place in a node; only the node counts if it is a plain one.</summary>
    internal ListCursor(QuickListNode* node, byte* element)
    {
        Node = node;
        Pack = node->IsPlain ? null : node->Pack.Address;
        Element = node->IsPlain ? node->Text.Data : element;
    }

    /// <summary>Whether there is an element.</summary>
    public readonly bool Exists
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Element != null;
    }

    /// <summary>The element.</summary>
    public readonly PackedValue Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Pack != null ? ListPack.Read(Element) : new PackedValue(Element, (int)Node->Text.Length);
    }

    /// <summary>Whether the element is a node of its own: then it lies in a block that others may refer to.</summary>
    /// <param name="block">The block; its reference stays the list's.</param>
    public readonly bool TryGetBlock(out StringBlock block)
    {
        block = Pack == null ? Node->Text : default;
        return Pack == null;
    }

    /// <summary>Goes to the next element, or behind the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MoveNext()
    {
        if (Pack != null)
        {
            Element += ListPack.SizeOf(Element);
            if (*Element != ListPack.End)
                return;
        }
        EnterNext();
    }

    /// <summary>Goes to the element before, or in front of the first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MovePrevious()
    {
        if (Pack != null)
        {
            Element = new ListPack(Pack).Previous(Element);
            if (Element != null)
                return;
        }
        EnterPrevious();
    }

    /// <summary>Goes to the next element or to the one before.</summary>
    public void Move(bool backwards)
    {
        if (backwards)
            MovePrevious();
        else
            MoveNext();
    }

    /// <summary>The first element of a node or its last; outside if there is no node.</summary>
    internal static ListCursor EndOf(QuickListNode* node, bool last)
    {
        if (node == null)
            return default;
        return new ListCursor(node, node->IsPlain ? null : last ? node->Pack.Last : node->Pack.First);
    }

    private void EnterNext() => this = Node == null ? default : EndOf(Node->Next, last: false);

    private void EnterPrevious() => this = Node == null ? default : EndOf(Node->Previous, last: true);
}
