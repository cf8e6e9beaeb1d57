using System.Globalization;
using System.Text;
using Carnelian.Text;

namespace Carnelian.Commands.Geo;

/// <summary>Points, lengths and units as the commands on places take them, and numbers as they reply them.</summary>
internal static class GeoArguments
{
    /// <summary>Reads a longitude and the latitude behind it, or writes the error.</summary>
    public static bool TryPoint(scoped ref CommandContext ctx, int argument, out GeoPoint point)
    {
        point = default;
        if (!AsciiNumber.TryParseDouble(ctx.Arg(argument), out double longitude) || !AsciiNumber.TryParseDouble(ctx.Arg(argument + 1), out double latitude))
        {
            ctx.Reply.Error("ERR value is not a valid float"u8);
            return false;
        }
        point = new GeoPoint(longitude, latitude);
        if (point.IsValid)
            return true;
        ctx.Reply.Error(Encoding.ASCII.GetBytes($"ERR invalid longitude,latitude pair {Fixed(longitude)},{Fixed(latitude)}"));
        return false;
    }

    /// <summary>Reads a unit as the meters that it has, or writes the error.</summary>
    public static bool TryUnit(scoped ref CommandContext ctx, int argument, out double meters)
    {
        meters = 0;
        if (ctx.ArgIs(argument, "m"u8))
            meters = 1;
        else if (ctx.ArgIs(argument, "km"u8))
            meters = 1000;
        else if (ctx.ArgIs(argument, "ft"u8))
            meters = 0.3048;
        else if (ctx.ArgIs(argument, "mi"u8))
            meters = 1609.34;
        else
            ctx.Reply.Error("ERR unsupported unit provided. please use M, KM, FT, MI"u8);
        return meters != 0;
    }

    /// <summary>Reads a number that is not negative, or writes an error.</summary>
    public static bool TryLength(scoped ref CommandContext ctx, int argument, ReadOnlySpan<byte> notNumeric, out double length)
    {
        if (AsciiNumber.TryParseDouble(ctx.Arg(argument), out length))
            return true;
        ctx.Reply.Error(notNumeric);
        return false;
    }

    /// <summary>Replies a distance with four digits behind the point.</summary>
    public static unsafe void WriteDistance(scoped ref CommandContext ctx, double distance)
    {
        byte* digits = stackalloc byte[NumberFormat.MaxInt64Length + 2];
        var units = (ulong)Math.Round(distance * 10000, MidpointRounding.ToEven);
        int length = NumberFormat.WriteUInt64(digits, units / 10000);
        digits[length++] = (byte)'.';
        NumberFormat.WriteDigits(digits + length, units % 10000, 4);
        ctx.Reply.Bulk(digits, length + 4);
    }

    /// <summary>Replies longitude and latitude.</summary>
    public static void WritePoint(scoped ref CommandContext ctx, in GeoPoint point)
    {
        Span<byte> text = stackalloc byte[64];
        ctx.Reply.Array(2);
        ctx.Reply.DoubleText(text[..LongDouble.FromDouble(point.Longitude).Format(text)]);
        ctx.Reply.DoubleText(text[..LongDouble.FromDouble(point.Latitude).Format(text)]);
    }

    private static string Fixed(double value) =>
        double.IsInfinity(value) ? value > 0 ? "inf" : "-inf" : value.ToString("F6", CultureInfo.InvariantCulture);
}
