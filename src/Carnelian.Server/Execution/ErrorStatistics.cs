using System.Text;

namespace Carnelian.Server.Execution;

/// <summary>How often each error code was replied (INFO errorstats). Any thread; errors are rare enough for a lock.</summary>
internal sealed class ErrorStatistics
{
    /// <summary>With more codes than this the statistics end: somebody makes codes up.</summary>
    private const int MostCodes = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _counts = [];
    private long _total;
    private bool _isFull;

    /// <summary>All error replies.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>Counts an error reply by the first word of its text.</summary>
    public void Count(ReadOnlySpan<byte> code)
    {
        Interlocked.Increment(ref _total);
        lock (_lock)
        {
            if (_isFull)
                return;
            string name = Encoding.Latin1.GetString(code);
            if (_counts.TryGetValue(name, out long count))
            {
                _counts[name] = count + 1;
                return;
            }
            if (_counts.Count >= MostCodes)
            {
                _counts.Clear();
                _counts["ERRORSTATS_DISABLED"] = 1;
                _isFull = true;
                return;
            }
            _counts[name] = 1;
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
            _isFull = false;
        }
        Volatile.Write(ref _total, 0);
    }
}
