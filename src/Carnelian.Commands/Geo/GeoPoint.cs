namespace Carnelian.Commands.Geo;

/// <summary>A place on the earth, in degrees.</summary>
/// <param name="Longitude">From -180 to 180, to the east.</param>
/// <param name="Latitude">To the north.</param>
internal readonly record struct GeoPoint(double Longitude, double Latitude)
{
    /// <summary>The largest longitude.</summary>
    public const double MostLongitude = 180;

    /// <summary>The largest latitude that is kept: the Mercator projection to a square ends there.</summary>
    public const double MostLatitude = 85.05112878;

    /// <summary>Whether it can be kept.</summary>
    public bool IsValid => Longitude is >= -MostLongitude and <= MostLongitude && Latitude is >= -MostLatitude and <= MostLatitude;
}
