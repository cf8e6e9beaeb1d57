namespace Carnelian.Commands.Geo;

/// <summary>
/// The cells that cover a shape: the one of its center and those around it, as far as the shape reaches into them. Their size and order
/// are Valkey's, since members are replied in that order.
/// </summary>
internal static class GeoCells
{
    /// <summary>The most cells there are.</summary>
    public const int Most = 9;

    // Half of the circumference in the Mercator projection.
    private const double MercatorMost = 20037726.37;

    /// <summary>Finds the cells.</summary>
    /// <param name="shape">A shape that is prepared.</param>
    /// <param name="cells">Takes at most <see cref="Most"/> of them.</param>
    /// <returns>How many there are.</returns>
    public static int Find(in GeoShape shape, Span<GeoHash> cells)
    {
        GeoArea bounds = shape.Bounds;
        int steps = StepsOf(shape.Reach, shape.Center.Latitude);
        // The middle of a polygon around a pole may lie beyond the grid.
        GeoPoint middle = shape.Center with { Latitude = Math.Clamp(shape.Center.Latitude, -GeoPoint.MostLatitude, GeoPoint.MostLatitude) };
        GeoHash center = GeoHash.Of(middle, steps);
        if (steps > 1 && EndsWithin(center, bounds))
            center = GeoHash.Of(middle, --steps);
        GeoArea area = center.Area();
        bool skips = steps >= 2;
        bool north = !(skips && area.MaxLatitude > bounds.MaxLatitude), south = !(skips && area.MinLatitude < bounds.MinLatitude);
        bool east = !(skips && area.MaxLongitude > bounds.MaxLongitude), west = !(skips && area.MinLongitude < bounds.MinLongitude);

        cells[0] = center;
        int count = 1;
        Add(cells, ref count, center, 0, 1, north);
        Add(cells, ref count, center, 0, -1, south);
        Add(cells, ref count, center, 1, 0, east);
        Add(cells, ref count, center, -1, 0, west);
        Add(cells, ref count, center, 1, 1, north && east);
        Add(cells, ref count, center, -1, 1, north && west);
        Add(cells, ref count, center, 1, -1, south && east);
        Add(cells, ref count, center, -1, -1, south && west);
        return count;
    }

    private static void Add(Span<GeoHash> cells, ref int count, in GeoHash center, int east, int north, bool isNeeded)
    {
        if (!isNeeded)
            return;
        GeoHash cell = center.Neighbor(east, north);
        // Around a grid of few cells the same one may come again; one that is the center is searched again, as in Valkey.
        if (count == 1 || cell != cells[count - 1])
            cells[count++] = cell;
    }

    /// <summary>Whether the cells around one are too small for the bounds.</summary>
    private static bool EndsWithin(in GeoHash center, in GeoArea bounds) =>
        center.Neighbor(0, 1).Area().MaxLatitude < bounds.MaxLatitude || center.Neighbor(0, -1).Area().MinLatitude > bounds.MinLatitude
        || center.Neighbor(1, 0).Area().MaxLongitude < bounds.MaxLongitude || center.Neighbor(-1, 0).Area().MinLongitude > bounds.MinLongitude;

    private static int StepsOf(double meters, double latitude)
    {
        if (meters == 0)
            return GeoHash.MostSteps;
        int steps = 1;
        for (; meters < MercatorMost; meters *= 2)
            steps++;
        steps -= 2;
        // Towards the poles cells are narrower.
        if (latitude is > 66 or < -66)
            steps--;
        if (latitude is > 80 or < -80)
            steps--;
        return Math.Clamp(steps, 1, GeoHash.MostSteps);
    }
}
