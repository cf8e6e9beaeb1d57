using System.Globalization;

namespace Carnelian.Persistence.Rdb.Checking;

/// <summary>What a file has, by database and type.</summary>
internal sealed class FileStatistics
{
    private const int MostShown = 16384;

    private static readonly string[] s_types = ["string", "list", "set", "zset", "hash", "module", "stream"];

    private static readonly (string Name, Func<TypeStatistics, double> Value, bool IsWhole)[] s_rows =
    [
        ("keys.total", static type => type.Keys, true),
        ("expire_keys.total", static type => type.Expiring, true),
        ("already_expired.total", static type => type.Expired, true),
        ("keys.size", static type => type.NameBytes, true),
        ("keys.value_size", static type => type.ElementBytes, true),
        ("elements.total", static type => type.Elements, true),
        ("elements.size", static type => type.ElementBytes, true),
        ("elements.num.max", static type => type.Counts.Most, true),
        ("elements.num.avg", static type => type.AverageElements, false),
        ("elements.num.p99", static type => type.Counts.Percentile(99), false),
        ("elements.num.p90", static type => type.Counts.Percentile(90), false),
        ("elements.num.p50", static type => type.Counts.Percentile(50), false),
        ("elements.size.max", static type => type.Sizes.Most, true),
        ("elements.size.avg", static type => type.AverageSize, false),
        ("elements.size.p99", static type => type.Sizes.Percentile(99), false),
        ("elements.size.p90", static type => type.Sizes.Percentile(90), false),
        ("elements.size.p50", static type => type.Sizes.Percentile(50), false),
    ];

    private readonly SortedDictionary<int, TypeStatistics[]> _databases = [];

    public FileStatistics() => _ = Of(0, 0);

    /// <summary>The numbers of a type.</summary>
    /// <param name="database">The database.</param>
    /// <param name="type">The type's place among the columns.</param>
    public TypeStatistics Of(int database, int type)
    {
        if (!_databases.TryGetValue(database, out TypeStatistics[]? types))
            _databases.Add(database, types = [.. s_types.Select(static _ => new TypeStatistics())]);
        return types[type];
    }

    public void Write(TextWriter output, StatisticsFormat format)
    {
        // Databases between others are shown too, but not before a number that nothing but damage explains.
        int last = _databases.Keys.Last();
        for (int i = 0; i < last && last <= MostShown; i++)
            _ = Of(i, 0);
        foreach ((int database, TypeStatistics[] types) in _databases)
        {
            if (format == StatisticsFormat.Info)
            {
                foreach ((string name, Func<TypeStatistics, double> value, bool isWhole) in s_rows)
                {
                    for (int i = 0; i < s_types.Length; i++)
                        output.WriteLine($"[info] db.{database}.type.{s_types[i]}.{name}:{Format(value(types[i]), isWhole)}");
                }
                continue;
            }
            WriteLine(output, format, $"db.{database}.type.name", s_types);
            foreach ((string name, Func<TypeStatistics, double> value, bool isWhole) in s_rows)
                WriteLine(output, format, $"db.{database}.{name}", types.Select(type => Format(value(type), isWhole)));
        }
    }

    private static void WriteLine(TextWriter output, StatisticsFormat format, string name, IEnumerable<string> values) =>
        output.WriteLine(format == StatisticsFormat.Csv ? $"{name},{string.Join(',', values)}" : $"{name,-30}\t{string.Join('\t', values.Select(static value => value.PadRight(5)))}");

    private static string Format(double value, bool isWhole) => value.ToString(isWhole ? "F0" : "F2", CultureInfo.InvariantCulture);
}
