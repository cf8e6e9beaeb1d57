namespace Carnelian.Commands.Geo;

/// <summary>What is searched: a circle, a box or a polygon. Lengths are in the unit that the command gives, results in meters.</summary>
internal unsafe struct GeoShape
{
    // Points are told to be outside without trigonometry only if they are so by more than arithmetic may err.
    private const double Margin = 1 + 1e-9;
    private const double MarginMeters = 1e-3;

    private double _mostLatitudes;

    /// <summary>The kind.</summary>
    public GeoShapeKind Kind;

    /// <summary>The middle; for a polygon set by <see cref="Prepare"/>.</summary>
    public GeoPoint Center;

    /// <summary>The radius of a circle, the width of a box.</summary>
    public double Width;

    /// <summary>The height of a box.</summary>
    public double Height;

    /// <summary>The meters of the unit.</summary>
    public double Unit;

    /// <summary>The corners of a polygon.</summary>
    public GeoPoint* Corners;

    /// <summary>Their number.</summary>
    public int CornerCount;

    /// <summary>The area that the shape lies in.</summary>
    public GeoArea Bounds { get; private set; }

    /// <summary>From the center to the farthest point of the shape or of its bounds, in meters.</summary>
    public double Reach { get; private set; }

    /// <summary>Computes bounds and reach.</summary>
    public void Prepare()
    {
        if (Kind == GeoShapeKind.Polygon)
        {
            PreparePolygon();
            return;
        }
        bool isCircle = Kind == GeoShapeKind.Circle;
        double height = isCircle ? Unit * Width : Unit * Height / 2, width = isCircle ? Unit * Width : Unit * Width / 2;
        double latitudes = GeoDistance.Degrees(height / GeoDistance.EarthRadius);
        // The side that is nearer to the pole spans more degrees.
        double side = Center.Latitude < 0 ? Center.Latitude - latitudes : Center.Latitude + latitudes;
        double longitudes = GeoDistance.Degrees(width / GeoDistance.EarthRadius / Math.Cos(GeoDistance.Radians(side)));
        Bounds = new GeoArea(Center.Longitude - longitudes, Center.Latitude - latitudes, Center.Longitude + longitudes, Center.Latitude + latitudes);
        Reach = (isCircle ? Width : Math.Sqrt((Width / 2 * (Width / 2)) + (Height / 2 * (Height / 2)))) * Unit;
        _mostLatitudes = GeoDistance.Degrees(((Width * Unit * Margin) + MarginMeters) / GeoDistance.EarthRadius);
    }

    /// <summary>Whether a point is in the shape.</summary>
    /// <param name="point">The point.</param>
    /// <param name="distance">Its distance from the center in meters.</param>
    public readonly bool Contains(in GeoPoint point, out double distance)
    {
        distance = 0;
        switch (Kind)
        {
            case GeoShapeKind.Circle:
                if (Math.Abs(point.Latitude - Center.Latitude) > _mostLatitudes)
                    return false;
                distance = GeoDistance.Between(Center, point);
                return !(distance > Width * Unit);
            case GeoShapeKind.Box:
                if (GeoDistance.BetweenLatitudes(point.Latitude, Center.Latitude) > Height * Unit / 2
                    || GeoDistance.Between(point, new GeoPoint(Center.Longitude, point.Latitude)) > Width * Unit / 2)
                {
                    return false;
                }
                break;
            default:
                if (!IsInPolygon(point))
                    return false;
                break;
        }
        distance = GeoDistance.Between(Center, point);
        return true;
    }

    // A ray to the west crosses an odd number of sides. Which side a point on a border is on follows from the comparisons, as in
    // W. Randolph Franklin's test of points in polygons.
    private readonly bool IsInPolygon(in GeoPoint point)
    {
        bool isInside = false;
        GeoPoint last = Corners[CornerCount - 1];
        for (int i = 0; i < CornerCount; i++)
        {
            GeoPoint corner = Corners[i];
            if (corner.Latitude > point.Latitude != last.Latitude > point.Latitude
                && point.Longitude < ((last.Longitude - corner.Longitude) * (point.Latitude - corner.Latitude) / (last.Latitude - corner.Latitude)) + corner.Longitude)
            {
                isInside = !isInside;
            }
            last = corner;
        }
        return isInside;
    }

    private void PreparePolygon()
    {
        double minLongitude = GeoPoint.MostLongitude, maxLongitude = -minLongitude, minLatitude = GeoPoint.MostLatitude, maxLatitude = -minLatitude;
        double x = 0, y = 0, z = 0;
        for (int i = 0; i < CornerCount; i++)
        {
            GeoPoint corner = Corners[i];
            minLongitude = Math.Min(minLongitude, corner.Longitude);
            maxLongitude = Math.Max(maxLongitude, corner.Longitude);
            minLatitude = Math.Min(minLatitude, corner.Latitude);
            maxLatitude = Math.Max(maxLatitude, corner.Latitude);
            double longitude = GeoDistance.Radians(corner.Longitude), latitude = GeoDistance.Radians(corner.Latitude);
            x += Math.Cos(latitude) * Math.Cos(longitude);
            y += Math.Cos(latitude) * Math.Sin(longitude);
            z += Math.Sin(latitude);
        }
        Bounds = new GeoArea(minLongitude, minLatitude, maxLongitude, maxLatitude);
        // The direction of the sum of the corners as vectors from the middle of the earth.
        Center = new GeoPoint(GeoDistance.Degrees(Math.Atan2(y, x)), GeoDistance.Degrees(Math.Atan2(z, Math.Sqrt((x * x) + (y * y)))));
        Reach = Math.Max(
            Math.Max(GeoDistance.Between(Center, new GeoPoint(minLongitude, maxLatitude)), GeoDistance.Between(Center, new GeoPoint(maxLongitude, maxLatitude))),
            Math.Max(GeoDistance.Between(Center, new GeoPoint(minLongitude, minLatitude)), GeoDistance.Between(Center, new GeoPoint(maxLongitude, minLatitude))));
    }
}

/// <summary>The kinds of <see cref="GeoShape"/>.</summary>
internal enum GeoShapeKind
{
    /// <summary>BYRADIUS.</summary>
    Circle,

    /// <summary>BYBOX.</summary>
    Box,

    /// <summary>BYPOLYGON.</summary>
    Polygon,
}
