// Finds the keys among the arguments of a request from the command's key specifications: for lock plans, cluster slots,
// ACL rules, tracking and COMMAND GETKEYS. Pure functions over the arguments.

using Carnelian.Protocol;

namespace Carnelian.Commands.Table;

/// <summary>Finds keys among arguments.</summary>
public static class KeyExtractor
{
    /// <summary>Finds the keys of a request and how the command uses each.</summary>
    /// <param name="command">The command, or subcommand.</param>
    /// <param name="arguments">All arguments, the command's name first; as many as its arity asks for.</param>
    /// <param name="keys">Receives the keys.</param>
    /// <param name="channels">Also gives channels of sharded pub/sub, which are routed like keys.</param>
    /// <returns>False when the arguments are such that the command must fail (a number of keys that is none, or too large).</returns>
    public static bool GetKeys(CommandDefinition command, ReadOnlySpan<Argument> arguments, ref KeyList keys, bool channels = false)
    {
        foreach (KeySpec spec in command.KeySpecs)
        {
            if ((spec.Flags & KeyFlags.NotKey) != 0 && !channels)
                continue;
            if (!AddKeys(spec, arguments, ref keys)
                && (spec.Flags & KeyFlags.Incomplete) == 0
                && (command.Flags & CommandFlags.NoMandatoryKeys) == 0)
            {
                // The word that a search has met may be an argument of another option; the command knows.
                return spec.Search == KeySearch.Keyword && HasRefine(command) && Refine(command, arguments, ref keys) && keys.Count != 0;
            }
        }

        return Refine(command, arguments, ref keys);
    }

    private static unsafe bool HasRefine(CommandDefinition command) => command.Refine != null;

    private static unsafe bool Refine(CommandDefinition command, ReadOnlySpan<Argument> arguments, ref KeyList keys) =>
        command.Refine == null || command.Refine(arguments, ref keys);

    private static bool AddKeys(KeySpec spec, ReadOnlySpan<Argument> arguments, ref KeyList keys)
    {
        int begin = spec.Search switch
        {
            KeySearch.Index => spec.Start,
            KeySearch.Keyword => AfterKeyword(spec, arguments),
            _ => 0,
        };
        if (begin == 0 || spec.Range == KeyRange.Unknown)
            return true;
        if (begin >= arguments.Length)
            return false;

        int first, last, step = spec.Step;
        if (spec.Range == KeyRange.Count)
        {
            int countAt = begin + spec.CountAt;
            first = begin + spec.FirstAt;
            if (countAt >= arguments.Length || !TryParseCount(arguments[countAt], out int count) || count > arguments.Length)
                return false;
            last = first + (count - 1) * step;
        }
        else
        {
            first = begin;
            last = spec.Last >= 0 ? first + spec.Last
                : spec.Limit <= 1 ? arguments.Length + spec.Last
                : first + (arguments.Length - first) / spec.Limit + spec.Last;
        }

        if (last < first || last >= arguments.Length)
            return false;
        KeyFlags flags = spec.Flags & ~(KeyFlags.Incomplete | KeyFlags.VariableFlags);
        for (int i = first; i <= last; i += step)
            keys.Add(i, flags);
        return true;
    }

    /// <summary>Position after the keyword, or 0 when the arguments lack it.</summary>
    private static int AfterKeyword(KeySpec spec, ReadOnlySpan<Argument> arguments)
    {
        int step = spec.Start > 0 ? 1 : -1;
        int at = spec.Start > 0 ? spec.Start : arguments.Length + spec.Start;
        for (; at >= 1 && at < arguments.Length - 1; at += step)
        {
            if (CommandNames.EqualsIgnoringCase(arguments[at].Span, spec.Keyword))
                return at + 1;
        }

        return 0;
    }

    /// <summary>A count in the strict form of integers: no sign, no leading zero, no blank.</summary>
    private static bool TryParseCount(in Argument argument, out int count)
    {
        ReadOnlySpan<byte> digits = argument.Span;
        count = 0;
        if (digits.IsEmpty || digits.Length > 9 || (digits[0] == (byte)'0' && digits.Length > 1))
            return false;
        foreach (byte c in digits)
        {
            if (c is < (byte)'0' or > (byte)'9')
                return false;
            count = count * 10 + (c - '0');
        }

        return true;
    }
}
