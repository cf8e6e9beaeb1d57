using Carnelian.Storage.Streams;

namespace Carnelian.Storage.Snapshots;

/// <summary>A big value on its way to the sink, element by element in any order, or block by block. See <see cref="ISnapshotSink.BeginValue"/>.</summary>
public unsafe interface ISnapshotValue
{
    /// <summary>
    /// Takes an element of a table as it was at the cut. Under the lock of the value's key: it copies or encodes the element and returns.
    /// </summary>
    /// <param name="element">The record of the element: a <see cref="Hashes.HashField"/>, a <see cref="Sets.SetMember"/> or the member of a sorted set.</param>
    /// <param name="isEarly">Whether a unit is about to change the element, and not the walk come to it.</param>
    void Add(byte* element, bool isEarly);

    /// <summary>Takes a node of a list, in the order of the list. On the walking thread, without locks.</summary>
    /// <param name="content">The bytes of a pack, or one long element.</param>
    /// <param name="isPlain">Whether it is an element.</param>
    void AddNode(ReadOnlySpan<byte> content, bool isPlain);

    /// <summary>Takes a block of a stream, in the order of their ids. On the walking thread, without locks.</summary>
    /// <param name="id">The block's id.</param>
    /// <param name="block">Its bytes.</param>
    void AddBlock(StreamId id, ReadOnlySpan<byte> block);

    /// <summary>Takes a string. On the walking thread, without locks.</summary>
    /// <param name="content">Its bytes, which nobody changes any more; whoever needs them for longer takes a reference.</param>
    void AddString(StringBlock content);

    /// <summary>Counts nodes and blocks that are kept because they were about to change: bytes that are added, or, negative, gone. Any thread.</summary>
    void CountEarly(long bytes);
}
