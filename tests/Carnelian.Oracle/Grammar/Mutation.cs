using System.Globalization;
using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Grammar;

/// <summary>
/// Turns a valid command into a wrong one: an argument dropped, doubled, swapped with another, replaced by a huge
/// number or by noise, or the command's name changed.
/// </summary>
internal static class Mutation
{
    private static readonly string[] Numbers =
    [
        "2147483647", "2147483648", "-2147483649", "4294967296", "9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "18446744073709551616", "-1", "0", "1.5", "nan", "",
    ];

    // These take deadlines: a number that got into the wrong place would be one that comes during the test.
    private static readonly HashSet<string> Expiring =
    [
        "SET", "GETEX", "SETEX", "PSETEX", "MSETEX", "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "INCREX", "HEXPIRE", "HPEXPIRE", "HSETEX", "HGETEX",
    ];

    public static byte[][] Apply(byte[][] command, Random random)
    {
        byte[][] changed = command;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            changed = Change(command, random);
            if (IsSafe(changed))
                return changed;
        }

        return command;
    }

    private static byte[][] Change(byte[][] command, Random random)
    {
        var arguments = command.ToList();
        if (arguments.Count == 1 || random.Next(20) == 0)
        {
            if (random.Next(2) == 0)
                arguments.Add(Noise(random));
            else
                arguments[0] = random.Next(3) == 0 ? Noise(random) : [.. arguments[0], (byte)('A' + random.Next(26))];
            return [.. arguments];
        }

        int place = random.Next(1, arguments.Count);
        switch (random.Next(7))
        {
            case 0:
                arguments.RemoveAt(place);
                break;
            case 1:
                arguments.Insert(place, arguments[place]);
                break;
            case 2:
                int other = random.Next(1, arguments.Count);
                (arguments[place], arguments[other]) = (arguments[other], arguments[place]);
                break;
            case 3:
                arguments[place] = Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)]);
                break;
            case 4:
                arguments[place] = Noise(random);
                break;
            case 5:
                arguments.Add(random.Next(2) == 0 ? Noise(random) : arguments[place]);
                break;
            default:
                arguments.RemoveRange(place, arguments.Count - place);
                break;
        }

        return [.. arguments];
    }

    private static bool IsSafe(byte[][] command)
    {
        string name = Encoding.Latin1.GetString(command[0]).ToUpperInvariant();
        // Valkey takes a key of this name for the word.
        if (name is "HGETEX" or "HSETEX" && command.Length > 1 && CommandText.Quote(command[1]).Equals("FIELDS", StringComparison.OrdinalIgnoreCase))
            return false;
        if (Expiring.Contains(name))
            return !command.Skip(2).Any(argument => IsWithin(argument, 1, 10_000_000) || IsWithin(argument, Now - 10_000_000, Now + 10_000_000));
        if (name is "SETRANGE" or "SETBIT" or "BITFIELD")
            return !command.Skip(2).Any(argument => IsWithin(argument, 100_000, 6_000_000_000));
        // The sorted sets l1 to l3 have one score each; in others, lexicographic ranges are a matter of chance.
        if (name == "ZADD" && IsOfOneScore(command, 1))
            return false;
        if (name.Contains("LEX", StringComparison.Ordinal) || command.Any(argument => CommandText.Quote(argument).Equals("BYLEX", StringComparison.OrdinalIgnoreCase)))
            return name == "ZRANGESTORE" ? IsOfOneScore(command, 2) && !IsOfOneScore(command, 1) : IsOfOneScore(command, 1);
        // Valkey replies as many members, until there is no memory left.
        if (name.Contains("RANDMEMBER", StringComparison.Ordinal))
            return !command.Skip(2).Any(argument => IsWithin(argument, long.MinValue, -10_000));
        // An entry that stays, with an id from the server's clock.
        if (name == "XADD" && command.Any(argument => argument is [(byte)'*']))
            return false;
        // What a draw leaves is each server's own, unless it leaves nothing.
        if (name == "SPOP")
            return command.Length == 3 && !IsWithin(command[2], 1, 999);
        // Texts of BY that are equal, and the members of a set, have no order that is stored or cut.
        if (name == "SORT")
            return !command.Any(argument => CommandText.Quote(argument).Equals("BY", StringComparison.OrdinalIgnoreCase));
        // Valkey looks for a limit of open files that it may have, one small step after the other.
        if (name == "CONFIG" && command.Any(argument => CommandText.Quote(argument).Equals("maxclients", StringComparison.OrdinalIgnoreCase)))
            return !command.Any(argument => IsWithin(argument, 1_000_000, long.MaxValue));
        if (name is "SHUTDOWN" or "DEBUG" or "REPLICAOF" or "SLAVEOF" or "FAILOVER" or "MONITOR" or "WAIT" or "WAITAOF" or "SYNC" or "PSYNC")
            return false;
        return name != "CLIENT" || command.Length < 2 || CommandText.Quote(command[1]).ToUpperInvariant() is not ("REPLY" or "PAUSE" or "KILL");
    }

    private static bool IsOfOneScore(byte[][] command, int place) => command.Length > place && command[place] is [(byte)'l', _];

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static bool IsWithin(byte[] argument, long low, long high) =>
        long.TryParse(argument, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number >= low && number <= high;

    private static byte[] Noise(Random random)
    {
        byte[] noise = new byte[random.Next(0, 12)];
        random.NextBytes(noise);
        // Words end at a zero byte for Valkey, which reads them as C strings, and not for Carnelian.
        noise.AsSpan().Replace((byte)0, (byte)1);
        return random.Next(40) == 0 ? Encoding.ASCII.GetBytes(new string('y', 300)) : noise;
    }
}
