namespace Carnelian.Commands.Bitmaps;

/// <summary>What BITOP does with its sources, bit by bit.</summary>
internal enum BitOperation
{
    /// <summary>Set in all.</summary>
    And,

    /// <summary>Set in one at least.</summary>
    Or,

    /// <summary>Set in an odd number.</summary>
    Xor,

    /// <summary>Not set in the only one.</summary>
    Not,

    /// <summary>Set in the first and in no other.</summary>
    Diff,

    /// <summary>Set in another but not in the first.</summary>
    Diff1,

    /// <summary>Set in the first and in another.</summary>
    AndOr,

    /// <summary>Set in exactly one.</summary>
    One,
}
