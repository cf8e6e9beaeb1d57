using System.Text;

namespace Carnelian.Server.Commands.Diagnostics;

/// <summary>
/// A cut gem from the side, drawn with letters: a flat table, a crown of two rows of facets, and a pavilion whose facets run together in
/// a point. Each facet has a brightness of its own, those on the left being lit more.
/// </summary>
internal static class Gem
{
    private const string Shades = "@%#*+=-:.";
    private const double CrownHeight = 0.28;
    private const double TableWidth = 0.55;
    private const int FewestFacets = 5;
    private const int MostFacets = 12;

    /// <summary>Draws.</summary>
    /// <param name="text">Takes the lines.</param>
    /// <param name="columns">The width.</param>
    /// <param name="rows">The number of lines.</param>
    /// <param name="random">Cuts the stone.</param>
    public static void Draw(StringBuilder text, int columns, int rows, Random random)
    {
        int facets = random.Next(FewestFacets, MostFacets + 1);
        double[][] brightness = [Cut(facets, random), Cut(facets + 1, random), Cut(facets, random)];
        for (int row = 0; row < rows; row++)
        {
            double y = (row + 0.5) / rows;
            double half = y < CrownHeight ? TableWidth + (1 - TableWidth) * y / CrownHeight : (1 - y) / (1 - CrownHeight);
            double[] band = brightness[y < CrownHeight / 2 ? 0 : y < CrownHeight ? 1 : 2];
            int begin = text.Length;
            for (int column = 0; column < columns; column++)
            {
                double x = (column + 0.5) / columns * 2 - 1;
                if (Math.Abs(x) > half)
                {
                    text.Append(' ');
                    continue;
                }
                int facet = Math.Min((int)((x / half + 1) / 2 * band.Length), band.Length - 1);
                text.Append(Shades[(int)(band[facet] * (Shades.Length - 1))]);
            }
            while (text.Length > begin && text[^1] == ' ')
                text.Length--;
            text.Append('\n');
        }
    }

    private static double[] Cut(int facets, Random random)
    {
        var brightness = new double[facets];
        for (int i = 0; i < facets; i++)
            brightness[i] = Math.Clamp(0.75 - 0.5 * i / facets + (random.NextDouble() - 0.5) * 0.6, 0, 1);
        return brightness;
    }
}
