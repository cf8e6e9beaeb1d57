namespace Carnelian.Protocol;

/// <summary>A place in the replies of the current command to which <see cref="ReplyWriter.RollbackTo"/> can return.</summary>
public readonly unsafe struct ReplyMark
{
    internal ReplyMark(OutputNode* node, byte* cursor)
    {
        Node = node;
        Cursor = cursor;
    }

    internal OutputNode* Node { get; }

    internal byte* Cursor { get; }
}

/// <summary>
/// An aggregate whose length is not known when its elements are written. Deferred aggregates may be nested; the innermost ends first.
/// </summary>
public readonly unsafe struct DeferredLength
{
    internal DeferredLength(OutputNode* node, byte* gap)
    {
        Node = node;
        Gap = gap;
    }

    internal OutputNode* Node { get; }

    internal byte* Gap { get; }
}
