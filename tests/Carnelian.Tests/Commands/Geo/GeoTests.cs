using System.Globalization;
using Carnelian.Commands.Geo;
using Xunit;

namespace Carnelian.Tests.Commands.Geo;

/// <summary>The grid, the distances and the shapes by themselves, against known values and plain arithmetic.</summary>
public sealed class GeoTests
{
    [Theory]
    [InlineData(0, 0, 3377699720527872)]
    [InlineData(13.361389, 38.115556, 3479099956230698)]
    [InlineData(10, 20, 3403951602136190)]
    [InlineData(-180, 0, 1125899906842624)]
    [InlineData(180, 0, 10133099161583616)]
    [InlineData(0, 85.05, 3752999689392132)]
    [InlineData(0, -85.05, 2251799813768529)]
    public void A_point_has_the_score_that_the_real_server_gives_it(double longitude, double latitude, ulong score)
    {
        Assert.Equal(score, GeoHash.Of(new GeoPoint(longitude, latitude), GeoHash.MostSteps).Bits);
    }

    [Fact]
    public void The_middle_of_a_points_cell_is_within_half_a_cell_of_it()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            GeoPoint point = RandomPoint(random);
            GeoHash hash = GeoHash.Of(point, GeoHash.MostSteps);
            GeoPoint middle = hash.Center();
            Assert.InRange(Math.Abs(middle.Longitude - point.Longitude), 0, 180 * Math.Pow(2, -26) * 1.001);
            Assert.InRange(Math.Abs(middle.Latitude - point.Latitude), 0, GeoPoint.MostLatitude * Math.Pow(2, -26) * 1.001);
            Assert.Equal(hash, GeoHash.OfScore(hash.LowestScore));
            Assert.Equal(hash, GeoHash.Of(middle, GeoHash.MostSteps));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(26)]
    public void A_cell_contains_its_points_and_the_cells_of_more_steps(int steps)
    {
        var random = new Random(steps);
        for (int i = 0; i < 2_000; i++)
        {
            GeoPoint point = RandomPoint(random);
            GeoHash cell = GeoHash.Of(point, steps), finest = GeoHash.Of(point, GeoHash.MostSteps);
            GeoArea area = cell.Area();
            Assert.InRange(point.Longitude, area.MinLongitude, area.MaxLongitude);
            Assert.InRange(point.Latitude, area.MinLatitude, area.MaxLatitude);
            Assert.InRange(finest.LowestScore, cell.LowestScore, cell.ScoreBehind - 1);
        }
    }

    [Fact]
    public void Neighbors_touch_and_lead_back()
    {
        var random = new Random(3);
        for (int i = 0; i < 2_000; i++)
        {
            GeoHash cell = GeoHash.Of(new GeoPoint(random.NextDouble() * 300 - 150, random.NextDouble() * 140 - 70), random.Next(5, 27));
            GeoArea area = cell.Area();
            Assert.Equal(area.MaxLongitude, cell.Neighbor(1, 0).Area().MinLongitude, 1e-9);
            Assert.Equal(area.MinLatitude, cell.Neighbor(0, -1).Area().MaxLatitude, 1e-9);
            for (int east = -1; east <= 1; east++)
            {
                for (int north = -1; north <= 1; north++)
                    Assert.Equal(cell, cell.Neighbor(east, north).Neighbor(-east, -north));
            }
        }
    }

    [Fact]
    public void East_of_the_last_column_is_the_first()
    {
        GeoHash last = GeoHash.Of(new GeoPoint(179.9999, 10), 10);
        Assert.Equal(GeoHash.Of(new GeoPoint(-179.9999, 10), 10), last.Neighbor(1, 0));
        Assert.Equal(last, GeoHash.Of(new GeoPoint(-179.9999, 10), 10).Neighbor(-1, 0));
    }

    [Theory]
    [InlineData(13.361389, 38.115556, 15.087269, 37.502669, 166274.15)]
    [InlineData(0, 0, 90, 0, 10010366.99)]
    [InlineData(0, 0, 180, 0, 20020733.98)]
    [InlineData(179.5, 1, -179.5, 1, 111209.1)]
    [InlineData(0, 85.05, 0, -85.05, 18919593.5)]
    [InlineData(2.3522, 48.8566, -74.0060, 40.7128, 5838886)]
    [InlineData(7, 7, 7, 7, 0)]
    public void Distances_are_those_on_a_sphere(double fromLongitude, double fromLatitude, double toLongitude, double toLatitude, double meters)
    {
        GeoPoint from = new(fromLongitude, fromLatitude), to = new(toLongitude, toLatitude);
        // The last city pair is known to a thousandth only, the others to the meter.
        double tolerance = Math.Max(1, meters * 1e-3 * (fromLatitude > 48 && fromLatitude < 49 ? 1 : 1e-3));
        Assert.Equal(meters, GeoDistance.Between(from, to), tolerance);
        Assert.Equal(GeoDistance.Between(from, to), GeoDistance.Between(to, from), 1e-6);
    }

    [Fact]
    public void The_haversine_agrees_with_the_angle_between_vectors()
    {
        var random = new Random(4);
        for (int i = 0; i < 5_000; i++)
        {
            GeoPoint from = RandomPoint(random), to = RandomPoint(random);
            Assert.Equal(Angle(from, to) * GeoDistance.EarthRadius, GeoDistance.Between(from, to), 1);
        }
    }

    [Fact]
    public void A_circle_holds_what_is_no_farther_than_its_radius()
    {
        GeoShape shape = new() { Kind = GeoShapeKind.Circle, Center = new GeoPoint(10, 50), Width = 100, Unit = 1000 };
        shape.Prepare();
        double degree = GeoDistance.Degrees(100_000 / GeoDistance.EarthRadius);
        Assert.True(shape.Contains(new GeoPoint(10, 50 + degree - 1e-9), out double distance));
        Assert.Equal(100_000, distance, 0.01);
        Assert.False(shape.Contains(new GeoPoint(10, 50 + degree + 1e-7), out _));
        Assert.True(shape.Contains(new GeoPoint(10, 50), out distance));
        Assert.Equal(0, distance);
    }

    [Fact]
    public void A_box_is_as_wide_in_meters_at_each_of_its_latitudes()
    {
        GeoShape shape = new() { Kind = GeoShapeKind.Box, Center = new GeoPoint(0, 60), Width = 200, Height = 400, Unit = 1000 };
        shape.Prepare();
        double height = GeoDistance.Degrees(200_000 / GeoDistance.EarthRadius);
        foreach (double latitude in (double[])[60 - height + 1e-6, 60, 60 + height - 1e-6])
        {
            double width = HalfWidth(latitude, 100_000);
            Assert.True(shape.Contains(new GeoPoint(width - 1e-6, latitude), out _));
            Assert.True(shape.Contains(new GeoPoint(-width + 1e-6, latitude), out _));
            Assert.False(shape.Contains(new GeoPoint(width + 1e-6, latitude), out _));
        }
        Assert.False(shape.Contains(new GeoPoint(0, 60 + height + 1e-6), out _));
        Assert.False(shape.Contains(new GeoPoint(0, 60 - height - 1e-6), out _));
    }

    [Fact]
    public unsafe void A_polygon_holds_what_a_turn_around_the_point_tells()
    {
        var random = new Random(5);
        GeoPoint* corners = stackalloc GeoPoint[12];
        for (int round = 0; round < 300; round++)
        {
            // A star around its middle, so that no sides cross.
            int count = random.Next(3, 12);
            double[] angles = [.. Enumerable.Range(0, count).Select(i => (i + random.NextDouble() * 0.9) * Math.PI * 2 / count)];
            for (int i = 0; i < count; i++)
            {
                double size = 1 + random.NextDouble() * 9;
                corners[i] = new GeoPoint(20 + Math.Cos(angles[i]) * size, 40 + Math.Sin(angles[i]) * size);
            }
            GeoShape shape = new() { Kind = GeoShapeKind.Polygon, Unit = 1, Corners = corners, CornerCount = count };
            shape.Prepare();
            for (int i = 0; i < 100; i++)
            {
                var point = new GeoPoint(8 + random.NextDouble() * 24, 28 + random.NextDouble() * 24);
                Assert.Equal(Turns(corners, count, point), shape.Contains(point, out _));
            }
        }
    }

    [Fact]
    public unsafe void A_concave_polygon_has_a_gap()
    {
        GeoPoint* corners = stackalloc GeoPoint[8] { new(0, 0), new(10, 0), new(10, 10), new(7, 10), new(7, 3), new(3, 3), new(3, 10), new(0, 10) };
        GeoShape shape = new() { Kind = GeoShapeKind.Polygon, Unit = 1, Corners = corners, CornerCount = 8 };
        shape.Prepare();
        Assert.Equal(new GeoArea(0, 0, 10, 10), shape.Bounds);
        Assert.True(shape.Contains(new GeoPoint(1, 9), out _));
        Assert.True(shape.Contains(new GeoPoint(9, 9), out _));
        Assert.True(shape.Contains(new GeoPoint(5, 2), out _));
        Assert.False(shape.Contains(new GeoPoint(5, 5), out _));
        Assert.False(shape.Contains(new GeoPoint(11, 5), out _));
    }

    [Fact]
    public void The_cells_of_a_circle_cover_all_of_it()
    {
        var random = new Random(6);
        Span<GeoHash> cells = stackalloc GeoHash[GeoCells.Most];
        for (int i = 0; i < 2_000; i++)
        {
            GeoShape shape = new()
            {
                Kind = GeoShapeKind.Circle,
                Center = new GeoPoint(random.NextDouble() * 240 - 120, random.NextDouble() * 120 - 60),
                Width = Math.Pow(10, random.NextDouble() * 5 + 1),
                Unit = 1,
            };
            shape.Prepare();
            int count = GeoCells.Find(shape, cells);
            for (int j = 0; j < 20; j++)
            {
                double latitude = shape.Center.Latitude + GeoDistance.Degrees(shape.Width / GeoDistance.EarthRadius) * (random.NextDouble() * 2 - 1);
                double longitude = shape.Center.Longitude + HalfWidth(latitude, shape.Width) * (random.NextDouble() * 2 - 1);
                var point = new GeoPoint(longitude, latitude);
                if (!point.IsValid || !shape.Contains(point, out _))
                    continue;
                double score = GeoHash.Of(point, GeoHash.MostSteps).LowestScore;
                bool isCovered = false;
                foreach (GeoHash cell in cells[..count])
                    isCovered |= score >= cell.LowestScore && score < cell.ScoreBehind;
                Assert.True(isCovered, string.Create(CultureInfo.InvariantCulture, $"{point} of {shape.Width} m around {shape.Center}"));
            }
        }
    }

    private static GeoPoint RandomPoint(Random random) =>
        new(random.NextDouble() * 360 - 180, (random.NextDouble() * 2 - 1) * GeoPoint.MostLatitude);

    /// <summary>The degrees of longitude that are so many meters away on the same latitude.</summary>
    private static double HalfWidth(double latitude, double meters) =>
        GeoDistance.Degrees(2 * Math.Asin(Math.Sin(meters / GeoDistance.EarthRadius / 2) / Math.Cos(GeoDistance.Radians(latitude))));

    private static double Angle(GeoPoint from, GeoPoint to)
    {
        (double x, double y, double z) a = Vector(from), b = Vector(to);
        (double x, double y, double z) cross = (a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x);
        return Math.Atan2(Math.Sqrt(cross.x * cross.x + cross.y * cross.y + cross.z * cross.z), a.x * b.x + a.y * b.y + a.z * b.z);
    }

    private static (double X, double Y, double Z) Vector(GeoPoint point)
    {
        double longitude = point.Longitude * Math.PI / 180, latitude = point.Latitude * Math.PI / 180;
        return (Math.Cos(latitude) * Math.Cos(longitude), Math.Cos(latitude) * Math.Sin(longitude), Math.Sin(latitude));
    }

    /// <summary>Whether the corners go around a point, by the sum of the angles at which it sees the sides.</summary>
    private static unsafe bool Turns(GeoPoint* corners, int count, GeoPoint point)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            GeoPoint from = corners[i], to = corners[(i + 1) % count];
            double ax = from.Longitude - point.Longitude, ay = from.Latitude - point.Latitude;
            double bx = to.Longitude - point.Longitude, by = to.Latitude - point.Latitude;
            sum += Math.Atan2(ax * by - ay * bx, ax * bx + ay * by);
        }
        return Math.Abs(sum) > Math.PI;
    }
}
