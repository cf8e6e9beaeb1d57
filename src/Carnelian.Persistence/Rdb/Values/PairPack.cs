using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Packs of pairs: the fields and values of a hash, the members and scores of a sorted set.</summary>
internal static class PairPack
{
    /// <summary>Reads a listpack, or a ziplist, that is not empty and whose names all differ.</summary>
    /// <param name="input">Where it begins.</param>
    /// <param name="isOld">Whether it is a ziplist.</param>
    /// <param name="kind">What it is, in the words of errors.</param>
    /// <param name="pack">The pack, which is the caller's.</param>
    /// <returns>False if it cannot be read; the input tells why.</returns>
    public static bool TryRead(ref RdbInput input, bool isOld, string kind, out ListPack pack)
    {
        pack = default;
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (isOld)
        {
            if (!ZipList.TryConvertPairs(bytes, out pack))
                return input.Corrupt($"{kind} ziplist integrity check failed.");
        }
        else
        {
            if (!PackCheck.IsValid(bytes, step: 2))
                return input.Corrupt($"{kind} listpack integrity check failed.");
            pack = ListPack.From(bytes);
        }
        if (!pack.IsEmpty)
            return true;
        pack.Free();
        return input.Fail(RdbFailure.Empty, "");
    }
}
