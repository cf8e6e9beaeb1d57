using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

internal enum StepKind
{
    /// <summary>A command with one reply.</summary>
    Command,

    /// <summary>A SCAN repeated until its cursor is 0 again; the sets of what it returned are compared.</summary>
    ScanIteration,

    /// <summary>A command that sets a deadline some milliseconds away, a wait until it is past, and a look at the key.</summary>
    ExpireNow,

    /// <summary>As <see cref="ExpireNow"/>, but nobody looks: the next command on the key meets it expired.</summary>
    ExpireUnseen,
}

/// <summary>One action of a round on one of its connections.</summary>
internal sealed record Step(int Connection, StepKind Kind, byte[][] Arguments)
{
    public string Name => ReplyRules.NameOf(Arguments);

    public override string ToString()
    {
        string note = Kind switch
        {
            StepKind.ScanIteration => "   (until the cursor is 0)",
            StepKind.ExpireNow or StepKind.ExpireUnseen => "   (then wait until it has expired)",
            _ => "",
        };
        return $"{Connection}> {CommandText.Describe(Arguments)}{note}";
    }
}

/// <summary>Where the two servers disagree.</summary>
/// <param name="Index">The step's place in its round; the number of steps if the final state differs.</param>
internal sealed record Difference(int Index, string Command, string What, string Expected, string Actual);
