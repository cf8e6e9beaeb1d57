namespace Carnelian.Oracle.Differential;

/// <summary>A way to send steps to both servers and compare. Runs any subset of a round, so that it can be shortened.</summary>
internal interface IReplay
{
    /// <summary>Replies compared so far.</summary>
    long Compared { get; }

    /// <summary>Runs the steps on servers without data.</summary>
    /// <returns>The first difference; null if there is none.</returns>
    Difference? Run(IReadOnlyList<Step> steps);
}
