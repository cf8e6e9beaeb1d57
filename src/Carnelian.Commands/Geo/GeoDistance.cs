namespace Carnelian.Commands.Geo;

/// <summary>Distances on a sphere of the earth's size, in meters, by the haversine formula.</summary>
internal static class GeoDistance
{
    /// <summary>The radius of the sphere.</summary>
    public const double EarthRadius = 6372797.560856;

    private const double RadiansOfDegree = Math.PI / 180;

    // About six nanometers: closer longitudes count as the same.
    private const double SameLongitude = 1e-15;

    /// <summary>Degrees as radians.</summary>
    public static double Radians(double degrees) => degrees * RadiansOfDegree;

    /// <summary>Radians as degrees.</summary>
    public static double Degrees(double radians) => radians / RadiansOfDegree;

    /// <summary>The distance of two points.</summary>
    public static double Between(in GeoPoint from, in GeoPoint to)
    {
        double halfLongitude = Math.Sin((Radians(to.Longitude) - Radians(from.Longitude)) / 2);
        if (Math.Abs(halfLongitude) <= SameLongitude)
            return BetweenLatitudes(from.Latitude, to.Latitude);
        double first = Radians(from.Latitude), second = Radians(to.Latitude);
        double halfLatitude = Math.Sin((second - first) / 2);
        double square = (halfLatitude * halfLatitude) + (Math.Cos(first) * Math.Cos(second) * halfLongitude * halfLongitude);
        return 2 * EarthRadius * Math.Asin(Math.Sqrt(square));
    }

    /// <summary>The distance of two latitudes.</summary>
    public static double BetweenLatitudes(double from, double to) => EarthRadius * Math.Abs(Radians(to) - Radians(from));
}
