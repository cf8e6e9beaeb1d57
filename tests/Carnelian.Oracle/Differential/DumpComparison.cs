using System.Text;
using System.Text.RegularExpressions;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>
/// Compares the payloads of DUMP, which are equal byte for byte but for two things: tables have their elements in an order of their own, as have small sets that were made of them, and the times in
/// streams and at fields are those of two servers. There the oracle restores both and says whether they are the same.
/// </summary>
internal sealed partial class DumpComparison(RespConnection oracle, RespConnection tested)
{
    /// <summary>The key that payloads are restored as, on the oracle alone.</summary>
    public const string RestoredKey = "dump comparison";

    private static readonly byte[] s_dump = "DUMP"u8.ToArray();
    private static readonly byte[] s_restored = Encoding.ASCII.GetBytes(RestoredKey);

    /// <summary>Compares the payloads of a key.</summary>
    /// <param name="key">The key, which both servers have with the same value.</param>
    /// <param name="type">Its type.</param>
    /// <param name="encoding">How it is held.</param>
    /// <returns>What differs, or null.</returns>
    public (string Expected, string Actual)? Compare(byte[] key, string type, string encoding)
    {
        string expected = oracle.Call(s_dump, key).Value, actual = tested.Call(s_dump, key).Value;
        if (expected == actual)
            return null;
        bool mayDiffer = encoding == "hashtable" || type is "stream" or "set";
        if (!mayDiffer)
            return (Quote(expected), Quote(actual));
        string own = Restored(expected, type), restored = Restored(actual, type);
        return own == restored ? null : (own, restored);
    }

    private string Restored(string payload, string type)
    {
        oracle.Call("DEL"u8.ToArray(), s_restored);
        RespValue outcome = oracle.Call("RESTORE"u8.ToArray(), s_restored, "0"u8.ToArray(), Encoding.Latin1.GetBytes(payload));
        if (outcome.IsError)
            return $"{outcome} for {Quote(payload)}";
        string text = type == "stream"
            ? Milliseconds().Replace(oracle.Call("XINFO"u8.ToArray(), "STREAM"u8.ToArray(), s_restored, "FULL"u8.ToArray(), "COUNT"u8.ToArray(), "0"u8.ToArray()).ToString(), "(time)")
            : oracle.Call("DEBUG"u8.ToArray(), "DIGEST-VALUE"u8.ToArray(), s_restored).ToString();
        oracle.Call("DEL"u8.ToArray(), s_restored);
        return text;
    }

    private static string Quote(string payload) => CommandText.Quote(Encoding.Latin1.GetBytes(payload));

    [GeneratedRegex(@"\d{13}(-\d+)?")]
    private static partial Regex Milliseconds();
}
