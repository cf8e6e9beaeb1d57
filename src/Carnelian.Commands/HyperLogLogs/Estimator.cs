namespace Carnelian.Commands.HyperLogLogs;

/// <summary>
/// Estimates how many different elements registers have seen: the improved raw estimator of Otmar Ertl (New cardinality estimation
/// algorithms for HyperLogLog sketches, arXiv:1702.01284, algorithm 6).
/// </summary>
internal static class Estimator
{
    // 1 / (2 ln 2), the limit of alpha for many registers.
    private const double Alpha = 0.721347520444481703680;

    /// <summary>The estimate.</summary>
    /// <param name="histogram">How many registers have each value.</param>
    public static long Estimate(ReadOnlySpan<int> histogram)
    {
        const double count = HyperLogLogFormat.Registers;
        double z = count * Tau((count - histogram[HyperLogLogFormat.RankBits + 1]) / count);
        for (int value = HyperLogLogFormat.RankBits; value >= 1; value--)
            z = (z + histogram[value]) * 0.5;
        z += count * Sigma(histogram[0] / count);
        return (long)Math.Round(Alpha * count * count / z, MidpointRounding.AwayFromZero);
    }

    /// <summary>Corrects for registers that saw nothing: x + the sum of x^(2^k) * 2^(k-1).</summary>
    private static double Sigma(double x)
    {
        if (x == 1)
            return double.PositiveInfinity;
        double sum = x, last, weight = 1;
        do
        {
            x *= x;
            last = sum;
            sum += x * weight;
            weight += weight;
        }
        while (sum != last);
        return sum;
    }

    /// <summary>Corrects for registers that are full: a third of 1 - x - the sum of (1 - x^(2^-k))^2 * 2^-k.</summary>
    private static double Tau(double x)
    {
        if (x is 0 or 1)
            return 0;
        double rest = 1 - x, last, weight = 1;
        do
        {
            x = Math.Sqrt(x);
            last = rest;
            weight *= 0.5;
            rest -= (1 - x) * (1 - x) * weight;
        }
        while (rest != last);
        return rest / 3;
    }
}
