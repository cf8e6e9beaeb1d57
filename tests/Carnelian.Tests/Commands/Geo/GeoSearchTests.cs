using System.Globalization;
using Carnelian.Commands.Geo;
using Xunit;

namespace Carnelian.Tests.Commands.Geo;

/// <summary>Searches through the commands, against a look at every member.</summary>
public sealed class GeoSearchTests : IDisposable
{
    private readonly DatabaseClient _client = new();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("FROMLONLAT 179 0 BYRADIUS 300 km", "west a b")]
    [InlineData("FROMLONLAT -179 0 BYRADIUS 300 km", "west b a")]
    [InlineData("FROMLONLAT 180 0 BYBOX 400 400 km", "east a")]
    [InlineData("FROMLONLAT -180 0 BYBOX 400 400 km", "west b a")]
    [InlineData("FROMLONLAT 0 85.05 BYRADIUS 10 km", "n")]
    [InlineData("FROMLONLAT 90 85 BYRADIUS 1200 km", "n")]
    [InlineData("BYPOLYGON 4 9 19 11 19 11 21 9 21", "p")]
    [InlineData("BYPOLYGON 3 9 19 11 19 9 21", "")]
    [InlineData("FROMMEMBER zero BYRADIUS 0 m", "zero")]
    public void At_the_ends_of_the_grid_the_same_is_found_as_by_the_real_server(string shape, string found)
    {
        _client.Run("GEOADD e 0 0 zero 180 0 east -180 0 west 0 85.05 n 0 -85.05 s 10 20 p 179.5 1 a -179.5 1 b");

        string[] reply = _client.Run($"GEOSEARCH e {shape} ASC").Split(' ');

        Assert.Equal(found, string.Join(' ', reply[1..]));
    }

    [Theory]
    [InlineData("GEOADD e 0 86 x", "-ERR invalid longitude,latitude pair 0.000000,86.000000")]
    [InlineData("GEOADD e 180.1 0 x", "-ERR invalid longitude,latitude pair 180.100000,0.000000")]
    public void Places_beyond_the_grid_are_refused(string command, string reply) => Assert.Equal(reply, _client.Run(command).TrimEnd());

    [Theory]
    [InlineData("GEOADD e NX CH NX", "-ERR syntax error")]
    [InlineData("GEOSEARCHSTORE e e COUNT 1 ASC STOREDIST BYPOLYGON x", "-ERR syntax error")]
    [InlineData("GEOSEARCHSTORE e e COUNT 1 ASC STOREDIST BYPOLYGON x 1", "-ERR invalid number of vertices")]
    public void What_is_left_out_is_an_error(string command, string reply) => Assert.Equal(reply, _client.Run(command).TrimEnd());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_search_finds_what_a_look_at_every_member_finds(int seed)
    {
        var random = new Random(seed);
        GeoPoint[] places = new GeoPoint[2_000];
        for (int i = 0; i < places.Length; i++)
        {
            // Half of them all over the world, half of them in a crowd.
            var point = i % 2 == 0
                ? new GeoPoint(random.NextDouble() * 359 - 179.5, random.NextDouble() * 160 - 80)
                : new GeoPoint(20 + random.NextDouble() * 4, 45 + random.NextDouble() * 4);
            _client.Call("GEOADD", "k", Text(point.Longitude), Text(point.Latitude), $"m{i}");
            places[i] = GeoHash.Of(point, GeoHash.MostSteps).Center();
        }
        int total = 0;
        for (int round = 0; round < 150; round++)
        {
            bool inCrowd = round % 2 == 0;
            double meters = Math.Round(inCrowd ? 1_000 + random.NextDouble() * 200_000 : 50_000 + random.NextDouble() * 1_500_000);
            GeoShape shape = new()
            {
                Kind = round % 3 == 0 ? GeoShapeKind.Box : GeoShapeKind.Circle,
                Unit = 1,
                Width = meters,
                Height = Math.Round(meters * (0.5 + random.NextDouble())),
                Center = inCrowd
                    ? new GeoPoint(Math.Round(20 + random.NextDouble() * 4, 4), Math.Round(45 + random.NextDouble() * 4, 4))
                    : new GeoPoint(Math.Round(random.NextDouble() * 260 - 130, 4), Math.Round(random.NextDouble() * 100 - 50, 4)),
            };
            shape.Prepare();
            string[] expected = [.. Enumerable.Range(0, places.Length).Where(i => shape.Contains(places[i], out _)).Select(static i => $"m{i}").Order(StringComparer.Ordinal)];
            string by = shape.Kind == GeoShapeKind.Box ? $"BYBOX {Text(shape.Width)} {Text(shape.Height)} m" : $"BYRADIUS {Text(shape.Width)} m";

            string[] reply = _client.Run($"GEOSEARCH k FROMLONLAT {Text(shape.Center.Longitude)} {Text(shape.Center.Latitude)} {by}").Split(' ');

            Assert.Equal($"*{expected.Length}", reply[0]);
            Assert.Equal(expected, reply[1..].Order(StringComparer.Ordinal));
            total += expected.Length;
        }
        Assert.True(total > 1_000, "the shapes hold next to nothing");
    }

    [Fact]
    public void What_is_found_is_sorted_by_distance()
    {
        var random = new Random(9);
        for (int i = 0; i < 500; i++)
            _client.Call("GEOADD", "k", Text(random.NextDouble() * 10), Text(random.NextDouble() * 10), $"m{i}");

        string[] reply = _client.Run("GEOSEARCH k FROMLONLAT 5 5 BYRADIUS 400 km ASC WITHDIST").Split(' ');

        double[] distances = [.. reply[1..].Chunk(3).Select(static part => double.Parse(part[2], CultureInfo.InvariantCulture))];
        Assert.True(distances.Length > 50);
        Assert.Equal(distances.Order(), distances);
        Assert.InRange(distances[^1], 300, 400);
    }

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
