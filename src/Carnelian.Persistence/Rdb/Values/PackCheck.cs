using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Whether a listpack from outside can be a value.</summary>
internal static unsafe class PackCheck
{
    /// <summary>Whether bytes are a pack of whole groups, each with a name of its own.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="step">The elements of a group.</param>
    public static bool IsValid(ReadOnlySpan<byte> bytes, int step)
    {
        if (!ListPack.IsValid(bytes, out int count) || count % step != 0)
            return false;
        fixed (byte* address = bytes)
            return !PackDuplicates.Exist(new ListPack(address), step);
    }
}
