using Carnelian.Commands.Table;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Sets;

/// <summary>Intersection, union and difference of sets: as a reply, as a new set, or as a number.</summary>
public static class AlgebraCommands
{
    private const string InterComplexity = "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.";
    private const string UnionComplexity = "O(N) where N is the total number of elements in all given sets.";

    [Command("SINTER", Arity = -2, Group = CommandGroup.Set, Since = "1.0.0", Complexity = InterComplexity,
        Summary = "Returns the members that all of some sets have.",
        Flags = ReadOnly, Tips = "nondeterministic_output_order",
        Keys = "RO access @1..-1",
        Arguments = "key:key...")]
    public static void SInter(scoped ref CommandContext ctx)
    {
        if (!Operands.TryFind(ref ctx, 1, ctx.ArgCount - 1, out Operands sets))
            return;
        var outcome = SetOutcome.ToReply(ref ctx);
        SetAlgebra.Intersect(ref ctx, ref sets, long.MaxValue, ref outcome);
        outcome.Complete(ref ctx, default);
        sets.Dispose();
    }

    [Command("SINTERSTORE", Arity = -3, Group = CommandGroup.Set, Since = "1.0.0", Complexity = InterComplexity,
        Summary = "Sets a key to the members that all of some sets have.",
        Flags = Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2..-1
            """,
        Arguments = "destination:key, key:key@1...")]
    public static void SInterStore(scoped ref CommandContext ctx)
    {
        if (!Operands.TryFind(ref ctx, 2, ctx.ArgCount - 2, out Operands sets))
            return;
        var outcome = SetOutcome.ToKey(ref ctx, target: 1);
        SetAlgebra.Intersect(ref ctx, ref sets, long.MaxValue, ref outcome);
        outcome.Complete(ref ctx, "sinterstore"u8);
        sets.Dispose();
    }

    [Command("SINTERCARD", Arity = -3, Group = CommandGroup.Set, Since = "7.0.0", Complexity = InterComplexity,
        Summary = "Returns how many members all of some sets have.",
        Flags = ReadOnly,
        Keys = "RO access @1#",
        Arguments = "numkeys:integer, key:key..., [LIMIT limit:integer]")]
    public static void SInterCard(scoped ref CommandContext ctx)
    {
        if (!TryCounted(ref ctx, allowsApproximation: false, out int keys, out long limit) || !Operands.TryFind(ref ctx, 2, keys, out Operands sets))
            return;
        var outcome = SetOutcome.ToNumber(ref ctx);
        SetAlgebra.Intersect(ref ctx, ref sets, limit, ref outcome);
        outcome.Complete(ref ctx, default);
        sets.Dispose();
    }

    [Command("SUNION", Arity = -2, Group = CommandGroup.Set, Since = "1.0.0", Complexity = UnionComplexity,
        Summary = "Returns the members that any of some sets has.",
        Flags = ReadOnly, Tips = "nondeterministic_output_order",
        Keys = "RO access @1..-1",
        Arguments = "key:key...")]
    public static void SUnion(scoped ref CommandContext ctx)
    {
        if (!Operands.TryFind(ref ctx, 1, ctx.ArgCount - 1, out Operands sets))
            return;
        var outcome = SetOutcome.ToReply(ref ctx);
        SetAlgebra.Unite(ref ctx, ref sets, long.MaxValue, ref outcome);
        outcome.Complete(ref ctx, default);
        sets.Dispose();
    }

    [Command("SUNIONSTORE", Arity = -3, Group = CommandGroup.Set, Since = "1.0.0", Complexity = UnionComplexity,
        Summary = "Sets a key to the members that any of some sets has.",
        Flags = Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2..-1
            """,
        Arguments = "destination:key, key:key@1...")]
    public static void SUnionStore(scoped ref CommandContext ctx)
    {
        if (!Operands.TryFind(ref ctx, 2, ctx.ArgCount - 2, out Operands sets))
            return;
        var outcome = SetOutcome.ToKey(ref ctx, target: 1);
        SetAlgebra.Unite(ref ctx, ref sets, long.MaxValue, ref outcome);
        outcome.Complete(ref ctx, "sunionstore"u8);
        sets.Dispose();
    }

    [Command("SUNIONCARD", Arity = -3, Group = CommandGroup.Set, Since = "8.10.0", Complexity = UnionComplexity,
        Summary = "Returns how many members any of some sets has.",
        Flags = ReadOnly,
        Keys = "RO access @1#",
        Arguments = "numkeys:integer, key:key..., [APPROX approx:pure-token], [LIMIT limit:integer]")]
    public static void SUnionCard(scoped ref CommandContext ctx)
    {
        if (!TryCounted(ref ctx, allowsApproximation: true, out int keys, out long limit) || !Operands.TryFind(ref ctx, 2, keys, out Operands sets))
            return;
        var outcome = SetOutcome.ToNumber(ref ctx);
        SetAlgebra.Unite(ref ctx, ref sets, limit, ref outcome);
        outcome.Complete(ref ctx, default);
        sets.Dispose();
    }

    [Command("SDIFF", Arity = -2, Group = CommandGroup.Set, Since = "1.0.0", Complexity = UnionComplexity,
        Summary = "Returns the members of a set that none of some other sets has.",
        Flags = ReadOnly, Tips = "nondeterministic_output_order",
        Keys = "RO access @1..-1",
        Arguments = "key:key...")]
    public static void SDiff(scoped ref CommandContext ctx)
    {
        if (!Operands.TryFind(ref ctx, 1, ctx.ArgCount - 1, out Operands sets))
            return;
        var outcome = SetOutcome.ToReply(ref ctx);
        SetAlgebra.Subtract(ref ctx, ref sets, long.MaxValue, ref outcome);
        outcome.Complete(ref ctx, default);
        sets.Dispose();
    }

    [Command("SDIFFSTORE", Arity = -3, Group = CommandGroup.Set, Since = "1.0.0", Complexity = UnionComplexity,
        Summary = "Sets a key to the members of a set that none of some other sets has.",
        Flags = Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2..-1
            """,
        Arguments = "destination:key, key:key@1...")]
    public static void SDiffStore(scoped ref CommandContext ctx)
    {
        if (!Operands.TryFind(ref ctx, 2, ctx.ArgCount - 2, out Operands sets))
            return;
        var outcome = SetOutcome.ToKey(ref ctx, target: 1);
        SetAlgebra.Subtract(ref ctx, ref sets, long.MaxValue, ref outcome);
        outcome.Complete(ref ctx, "sdiffstore"u8);
        sets.Dispose();
    }

    [Command("SDIFFCARD", Arity = -3, Group = CommandGroup.Set, Since = "8.10.0", Complexity = UnionComplexity,
        Summary = "Returns how many members of a set none of some other sets has.",
        Flags = ReadOnly,
        Keys = "RO access @1#",
        Arguments = "numkeys:integer, key:key..., [LIMIT limit:integer]")]
    public static void SDiffCard(scoped ref CommandContext ctx)
    {
        if (!TryCounted(ref ctx, allowsApproximation: false, out int keys, out long limit) || !Operands.TryFind(ref ctx, 2, keys, out Operands sets))
            return;
        var outcome = SetOutcome.ToNumber(ref ctx);
        SetAlgebra.Subtract(ref ctx, ref sets, limit, ref outcome);
        outcome.Complete(ref ctx, default);
        sets.Dispose();
    }

    /// <summary>Reads the number of keys and the options of the commands that count.</summary>
    private static bool TryCounted(scoped ref CommandContext ctx, bool allowsApproximation, out int keys, out long limit)
    {
        limit = long.MaxValue;
        keys = 0;
        if (!AsciiNumber.TryParseInt64(ctx.Arg(1), out long count) || count <= 0)
        {
            ctx.Reply.Error("ERR numkeys should be greater than 0"u8);
            return false;
        }
        if (count > ctx.ArgCount - 2)
        {
            ctx.Reply.Error("ERR Number of keys can't be greater than number of args"u8);
            return false;
        }
        keys = (int)count;
        for (int i = 2 + keys; i < ctx.ArgCount; i++)
        {
            if (ctx.ArgIs(i, "limit"u8) && i + 1 < ctx.ArgCount)
            {
                if (!AsciiNumber.TryParseInt64(ctx.Arg(++i), out limit) || limit < 0)
                {
                    ctx.Reply.Error("ERR LIMIT can't be negative"u8);
                    return false;
                }
                if (limit == 0)
                    limit = long.MaxValue;
            }
            else if (!(allowsApproximation && ctx.ArgIs(i, "approx"u8)))
            {
                // An approximation may be exact.
                ctx.WriteSyntaxError();
                return false;
            }
        }
        return true;
    }
}
