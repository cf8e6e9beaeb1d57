using System.Runtime.Intrinsics.X86;

namespace Carnelian.Commands.Geo;

/// <summary>
/// A cell of the grid that is made by halving longitudes and latitudes in turn: the bits of both halves, interleaved, longitude in the odd
/// places. A member's score is its cell of 26 steps, 52 bits, so that cells next to each other are ranges of scores.
/// </summary>
/// <param name="Bits">The bits, two for each step.</param>
/// <param name="Steps">How often both were halved.</param>
internal readonly record struct GeoHash(ulong Bits, int Steps)
{
    /// <summary>The steps of a score.</summary>
    public const int MostSteps = 26;

    private const ulong EvenBits = 0x5555555555555555;
    private const ulong OddBits = 0xAAAAAAAAAAAAAAAA;

    /// <summary>The lowest score of the cell.</summary>
    public double LowestScore => Bits << ((MostSteps - Steps) * 2);

    /// <summary>The lowest score behind the cell.</summary>
    public double ScoreBehind => (Bits + 1) << ((MostSteps - Steps) * 2);

    /// <summary>The cell of a point.</summary>
    /// <param name="point">The point.</param>
    /// <param name="steps">How small the cell is.</param>
    /// <param name="mostLatitude">The end of the grid in the north and in the south.</param>
    public static GeoHash Of(in GeoPoint point, int steps, double mostLatitude = GeoPoint.MostLatitude)
    {
        double cells = 1L << steps;
        double row = (point.Latitude + mostLatitude) / (mostLatitude + mostLatitude) * cells;
        double column = (point.Longitude + GeoPoint.MostLongitude) / (GeoPoint.MostLongitude + GeoPoint.MostLongitude) * cells;
        return new GeoHash(Spread((uint)row) | Spread((uint)column) << 1, steps);
    }

    /// <summary>The cell that a score stands for, whatever number it is.</summary>
    public static GeoHash OfScore(double score)
    {
        // What does not fit into 64 bits becomes what an x86 processor makes of it.
        ulong bits = score < 0 ? (ulong)(long)score : score < 18446744073709551616.0 ? (ulong)score : 0;
        return new GeoHash(bits, MostSteps);
    }

    /// <summary>The middle of the cell.</summary>
    public GeoPoint Center()
    {
        GeoArea area = Area();
        double longitude = (area.MinLongitude + area.MaxLongitude) / 2, latitude = (area.MinLatitude + area.MaxLatitude) / 2;
        return new GeoPoint(
            Math.Clamp(longitude, -GeoPoint.MostLongitude, GeoPoint.MostLongitude), Math.Clamp(latitude, -GeoPoint.MostLatitude, GeoPoint.MostLatitude));
    }

    /// <summary>The borders of the cell.</summary>
    public GeoArea Area()
    {
        const double width = GeoPoint.MostLongitude * 2, height = GeoPoint.MostLatitude * 2;
        double cells = 1L << Steps;
        uint row = Gather(Bits), column = Gather(Bits >> 1);
        return new GeoArea(
            -GeoPoint.MostLongitude + (column / cells * width), -GeoPoint.MostLatitude + (row / cells * height),
            -GeoPoint.MostLongitude + ((column + 1u) / cells * width), -GeoPoint.MostLatitude + ((row + 1u) / cells * height));
    }

    /// <summary>The cell some columns to the east and some rows to the north, around the ends of the grid.</summary>
    public GeoHash Neighbor(int east, int north)
    {
        ulong mask = Steps == 0 ? 0 : ulong.MaxValue >> (64 - (Steps * 2));
        ulong columns = Bits & OddBits, rows = Bits & EvenBits;
        if (east != 0)
            columns = Spread(Gather(columns >> 1) + (uint)east) << 1 & mask;
        if (north != 0)
            rows = Spread(Gather(rows) + (uint)north) & mask;
        return new GeoHash(columns | rows, Steps);
    }

    private static ulong Spread(uint value)
    {
        if (Bmi2.X64.IsSupported)
            return Bmi2.X64.ParallelBitDeposit(value, EvenBits);
        ulong bits = value;
        bits = (bits | bits << 16) & 0x0000FFFF0000FFFF;
        bits = (bits | bits << 8) & 0x00FF00FF00FF00FF;
        bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | bits << 2) & 0x3333333333333333;
        return (bits | bits << 1) & EvenBits;
    }

    private static uint Gather(ulong bits)
    {
        if (Bmi2.X64.IsSupported)
            return (uint)Bmi2.X64.ParallelBitExtract(bits, EvenBits);
        bits &= EvenBits;
        bits = (bits | bits >> 1) & 0x3333333333333333;
        bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | bits >> 4) & 0x00FF00FF00FF00FF;
        bits = (bits | bits >> 8) & 0x0000FFFF0000FFFF;
        return (uint)(bits | bits >> 16);
    }
}

/// <summary>The borders of a part of the grid, in degrees.</summary>
internal readonly record struct GeoArea(double MinLongitude, double MinLatitude, double MaxLongitude, double MaxLatitude);
