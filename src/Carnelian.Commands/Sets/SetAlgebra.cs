using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;

namespace Carnelian.Commands.Sets;

/// <summary>
/// The algorithms of set algebra. What they produce and in which encoding it is stored is Valkey's; how members are found is not.
/// </summary>
/// <remarks>
/// Members are looked up in groups, so that the memory for all of a group is on its way at once: <see cref="SetGroupWalk"/>.
/// </remarks>
internal static unsafe class SetAlgebra
{
    /// <summary>A union looks members up in the sets before theirs, rather than in what was found so far, up to this many sets.</summary>
    private const int MostLookedUp = 3;

    /// <summary>The members that all sets have. The sets change places.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="sets">The sets.</param>
    /// <param name="limit">How many members are enough.</param>
    /// <param name="outcome">Takes the members.</param>
    public static void Intersect(scoped ref CommandContext ctx, scoped ref Operands sets, long limit, scoped ref SetOutcome outcome)
    {
        if (sets.AnyMissing)
            return;
        sets.SortBySize(0, descending: false);
        if (outcome.IsStored && sets[0].Encoding == ValueEncoding.ListPack)
        {
            outcome.TakeAll(ref ctx, IntersectPack(ref ctx, ref sets));
            return;
        }
        var group = new SetGroupWalk(sets[0], sets.Count > 1 ? sets[1] : default);
        while (outcome.Count < limit && group.Next(out PackedValue member, out ulong hash, out bool isInOther))
        {
            bool isCommon = isInOther || sets.Count == 1;
            for (int i = 2; i < sets.Count && isCommon; i++)
                isCommon = sets[i].Contains(member, hash);
            if (isCommon)
                outcome.Take(ref ctx, member);
        }
        group.Dispose();
    }

    /// <summary>The members that any set has.</summary>
    public static void Unite(scoped ref CommandContext ctx, scoped ref Operands sets, long limit, scoped ref SetOutcome outcome)
    {
        sets.DropMissing();
        if (outcome.IsStored || sets.Count > MostLookedUp || AreIntSets(sets))
        {
            UniteInto(ref ctx, ref sets, limit, ref outcome);
            return;
        }
        // Looking up the members of the small sets in the big ones is less work than the other way round.
        sets.SortBySize(0, descending: true);
        for (int i = 0; i < sets.Count; i++)
        {
            var group = new SetGroupWalk(sets[i], i > 0 ? sets[0] : default);
            while (outcome.Count < limit && group.Next(out PackedValue member, out ulong hash, out bool isInOther))
            {
                bool isNew = !isInOther;
                for (int k = 1; k < i && isNew; k++)
                    isNew = !sets[k].Contains(member, hash);
                if (isNew)
                    outcome.Take(ref ctx, member);
            }
            group.Dispose();
        }
    }

    /// <summary>The members of the first set that none of the others has. The other sets change places.</summary>
    public static void Subtract(scoped ref CommandContext ctx, scoped ref Operands sets, long limit, scoped ref SetOutcome outcome)
    {
        if (!sets[0].Exists)
            return;
        sets.DropMissing();
        SetValue first = sets[0];
        long lookups = 0, all = 0;
        for (int i = 0; i < sets.Count; i++)
        {
            if (i > 0 && sets[i].Address == first.Address)
                return;
            lookups += first.Count;
            all += sets[i].Count;
        }
        if (lookups / 2 <= all)
            SubtractByLookup(ref ctx, ref sets, limit, ref outcome);
        else
            SubtractByRemoval(ref ctx, ref sets, limit, ref outcome);
    }

    /// <summary>The intersection with a pack begins as a pack, and ends as an intset if that is possible.</summary>
    private static SetValue IntersectPack(scoped ref CommandContext ctx, scoped ref Operands sets)
    {
        SetLimits limits = SetAccess.Limits(ref ctx);
        var result = SetValue.CreatePack();
        bool onlyIntegers = true;
        for (byte* element = new ListPack(sets[0].Address).First; element != null; element = ListPack.Next(element))
        {
            PackedValue member = ListPack.Read(element);
            bool isCommon = true;
            for (int i = 1; i < sets.Count && isCommon; i++)
                isCommon = sets[i].Contains(member);
            if (!isCommon)
                continue;
            result.Add(member, limits);
            onlyIntegers &= member.IsInteger;
        }
        if (onlyIntegers)
            result.BecomeIntSet(limits);
        return result;
    }

    /// <summary>Adds all members to a set, which begins as an intset where its order may be seen or it is stored.</summary>
    private static void UniteInto(scoped ref CommandContext ctx, scoped ref Operands sets, long limit, scoped ref SetOutcome outcome)
    {
        SetLimits limits = SetAccess.Limits(ref ctx);
        SetValue union = outcome.IsStored || AreIntSets(sets) ? SetValue.CreateIntSet() : SetValue.CreateTable();
        for (int i = 0; i < sets.Count && union.Count < limit; i++)
        {
            var group = new SetGroupWalk(sets[i], default);
            while (union.Count < limit && group.Next(out PackedValue member, out ulong hash, out _))
                union.Add(member, hash, limits);
            group.Dispose();
        }
        outcome.TakeAll(ref ctx, union);
    }

    private static void SubtractByLookup(scoped ref CommandContext ctx, scoped ref Operands sets, long limit, scoped ref SetOutcome outcome)
    {
        sets.SortBySize(1, descending: true);
        var group = new SetGroupWalk(sets[0], sets.Count > 1 ? sets[1] : default);
        while (outcome.Count < limit && group.Next(out PackedValue member, out ulong hash, out bool isInOther))
        {
            bool isLeft = !isInOther;
            for (int i = 2; i < sets.Count && isLeft; i++)
                isLeft = !sets[i].Contains(member, hash);
            if (isLeft)
                outcome.Take(ref ctx, member);
        }
        group.Dispose();
    }

    private static void SubtractByRemoval(scoped ref CommandContext ctx, scoped ref Operands sets, long limit, scoped ref SetOutcome outcome)
    {
        SetLimits limits = SetAccess.Limits(ref ctx);
        SetValue rest = outcome.IsStored || AreIntSets(sets) ? SetValue.CreateIntSet() : SetValue.CreateTable();
        var all = new SetGroupWalk(sets[0], default);
        while (all.Next(out PackedValue member, out ulong hash, out _))
            rest.Add(member, hash, limits);
        all.Dispose();
        for (int i = 1; i < sets.Count && rest.Count != 0; i++)
        {
            var group = new SetGroupWalk(sets[i], default);
            while (rest.Count != 0 && group.Next(out PackedValue member, out ulong hash, out _))
                rest.Remove(member, hash);
            group.Dispose();
        }
        outcome.TakeAll(ref ctx, rest);
        outcome.CutAt(limit);
    }

    private static bool AreIntSets(scoped in Operands sets)
    {
        foreach (ref readonly SetValue set in sets.Sets)
        {
            if (set.Encoding != ValueEncoding.IntSet)
                return false;
        }
        return true;
    }
}
