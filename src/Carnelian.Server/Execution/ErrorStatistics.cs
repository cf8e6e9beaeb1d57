using System.Text;

namespace Carnelian.Server.Execution;

/// <summary>How often each error code was replied (INFO errorstats). Any thread; errors are rare enough for a lock.</summary>
internal sealed class ErrorStatistics
{
    /// <summary>With more codes than this, new ones are counted together: somebody makes codes up.</summary>
    private const int MostCodes = 128;

    private const string Overflow = "ERRORSTATS_OVERFLOW";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _counts = [];
    private long _total;

    /// <summary>All error replies.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>Counts an error reply by the first word of its text.</summary>
    public void Count(ReadOnlySpan<byte> code)
    {
        Interlocked.Increment(ref _total);
        lock (_lock)
        {
            string name = Encoding.Latin1.GetString(code);
            if (!_counts.ContainsKey(name) && _counts.Count >= MostCodes)
                name = Overflow;
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
        }
    }

    /// <summary>The codes with their counts, by code.</summary>
    public KeyValuePair<string, long>[] Snapshot()
    {
        lock (_lock)
            return [.. _counts.OrderBy(static pair => pair.Key, StringComparer.Ordinal)];
    }

    /// <summary>Sets everything back.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _counts.Clear();
        }
        Volatile.Write(ref _total, 0);
    }
}
