namespace Carnelian.Storage.Lists;

/// <summary>What a node of a list holds.</summary>
/// <param name="Count">The number of elements.</param>
/// <param name="Bytes">The bytes of the pack, or of the one long element.</param>
/// <param name="IsPlain">Whether it is one long element.</param>
public readonly record struct ListNodeInfo(int Count, long Bytes, bool IsPlain);
