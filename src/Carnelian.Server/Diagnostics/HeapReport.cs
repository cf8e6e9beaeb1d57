using System.Globalization;
using System.Text;
using Carnelian.Memory;

namespace Carnelian.Server.Diagnostics;

/// <summary>The counters of the native heap as a text for people: totals, then each size class that is in use.</summary>
internal static class HeapReport
{
    /// <summary>Writes the text.</summary>
    public static string Write()
    {
        HeapStatistics heap = NativeHeap.GetStatistics();
        var text = new StringBuilder("Carnelian's native allocator, in bytes\n");
        Line("in use", heap.UsedBytes);
        Line("free in the caches of threads", heap.ThreadCacheBytes);
        Line("spans of blocks", heap.SpanBytes);
        Line("free pages", heap.FreePageBytes);
        Line("  of these resident", heap.ResidentFreePageBytes);
        Line("blocks with a mapping of their own", heap.LargeBytes);
        Line("memory that is never unmapped", heap.PoolMappedBytes);
        Line("headers and tables", heap.MetadataBytes);
        Line("mapped", heap.MappedBytes);
        Line("resident, estimated", heap.ResidentBytes);
        Line("caches of threads (a count)", heap.ThreadCaches);
        text.Append(CultureInfo.InvariantCulture, $"\n{"size",10} {"kind",6} {"blocks",12} {"bytes",15} {"cached",10} {"spans",10} {"span bytes",15}\n");
        foreach (SizeClassStatistics each in NativeHeap.GetClassStatistics())
        {
            if (each.Spans != 0)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{each.Size,10} {each.Kind,6} {each.Blocks,12} {each.Bytes,15} {each.CachedBlocks,10} {each.Spans,10} {each.SpanBytes,15}\n");
            }
        }
        return text.ToString();

        void Line(string name, long value) => text.Append(CultureInfo.InvariantCulture, $"{name,-36}{value,16}\n");
    }
}
