using System.Globalization;
using Carnelian.Memory;
using Carnelian.Server.Clients;
using Carnelian.Storage;

namespace Carnelian.Server.Diagnostics;

/// <summary>Where the memory is, as INFO and MEMORY STATS tell it. Made at one moment, by any thread, without locks.</summary>
internal sealed class MemoryFigures
{
    private readonly HeapStatistics _heap = NativeHeap.GetStatistics();

    public MemoryFigures(ServerInstance server)
    {
        Used = _heap.UsedBytes;
        Peak = Math.Max(server.Metrics.PeakMemory, Used);
        Startup = server.StartupMemory;
        Resident = Environment.WorkingSet;
        foreach (Client client in server.Clients.Snapshot())
        {
            if (client.Is(ClientFlags.Replica))
                Replicas += client.MemoryBytes;
            else
                Clients += client.MemoryBytes;
        }
        Stream = server.Replication.Backlog?.MemoryBytes ?? 0;
        LaggingStream = server.Replication.LaggingBytes;
        Replicas += LaggingStream;
        for (int i = 0; i < server.Keyspace.DatabaseCount; i++)
        {
            Database database = server.Keyspace[i];
            Keys += database.Count;
            Tables += database.TableBytes;
            Expiry += database.ExpiryBytes;
        }
        Overhead = Startup + Clients + Replicas + Backlog + Tables + Expiry;
        Dataset = Math.Max(Used - Overhead, 0);
        DatasetPercent = Used > Startup ? Math.Min(Dataset * 100.0 / (Used - Startup), 100) : 0;
        PeakPercent = Used * 100.0 / Math.Max(Peak, 1);
        AllocatorActive = Math.Max(_heap.ResidentBytes - _heap.ResidentFreePageBytes, Used);
        AllocatorResident = Math.Max(_heap.ResidentBytes, AllocatorActive);
    }

    /// <summary>Bytes of the blocks of the native heap that are in use.</summary>
    public long Used { get; }

    /// <summary>The most that <see cref="Used"/> was.</summary>
    public long Peak { get; }

    /// <summary><see cref="Peak"/> in relation to it.</summary>
    public double PeakPercent { get; }

    /// <summary><see cref="Used"/> when the server was ready.</summary>
    public long Startup { get; }

    /// <summary>All but the data itself.</summary>
    public long Overhead { get; }

    /// <summary>The data.</summary>
    public long Dataset { get; }

    /// <summary>The data's part of what came after the start.</summary>
    public double DatasetPercent { get; }

    /// <summary>Buffers of clients.</summary>
    public long Clients { get; }

    /// <summary>Buffers of replicas, and <see cref="LaggingStream"/>.</summary>
    public long Replicas { get; }

    /// <summary>What is kept of the stream for replicas.</summary>
    public long Stream { get; }

    /// <summary>The part of <see cref="Stream"/> beyond the size of the backlog: replicas that lag keep it.</summary>
    public long LaggingStream { get; }

    /// <summary>The rest of <see cref="Stream"/>: the backlog.</summary>
    public long Backlog => Stream - LaggingStream;

    /// <summary>The tables of all databases, without the entries.</summary>
    public long Tables { get; }

    /// <summary>The expiry indexes of all databases.</summary>
    public long Expiry { get; }

    /// <summary>The number of keys.</summary>
    public long Keys { get; }

    /// <summary>The memory of the process in the machine's, as the system counts it.</summary>
    public long Resident { get; }

    /// <summary>Bytes of pages that have blocks in use.</summary>
    public long AllocatorActive { get; }

    /// <summary>Bytes of pages of the native heap that lie in the machine's memory.</summary>
    public long AllocatorResident { get; }

    /// <summary>Free bytes between the blocks in use of up to 32 KiB: what defragmentation goes by.</summary>
    public long Fragmented { get; } = NativeHeap.FragmentedBytes;

    /// <summary><see cref="Used"/> and <see cref="Fragmented"/> in relation to <see cref="Used"/>.</summary>
    public double FragmentationRatio => (double)(Used + Fragmented) / Math.Max(Used, 1);

    /// <summary><see cref="AllocatorResident"/> in relation to <see cref="AllocatorActive"/>.</summary>
    public double AllocatorResidentRatio => (double)AllocatorResident / Math.Max(AllocatorActive, 1);

    /// <summary>The whole process in relation to its native heap.</summary>
    public double OverheadRatio => (double)Resident / Math.Max(AllocatorResident, 1);

    /// <summary>The whole process in relation to what is in use.</summary>
    public double ResidentRatio => (double)Resident / Math.Max(Used, 1);

    /// <summary>The bytes of the machine's memory.</summary>
    public static long TotalSystemMemory { get; } = ReadTotalSystemMemory();

    /// <summary>A number of bytes with a unit: 336B, 33.00K, 23.54G.</summary>
    public static string Human(long bytes)
    {
        if (bytes < 1024)
            return $"{bytes}B";
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 4)
        {
            value /= 1024;
            unit++;
        }
        return string.Create(CultureInfo.InvariantCulture, $"{value:F2}{"KMGTP"[unit]}");
    }

    private static long ReadTotalSystemMemory()
    {
        try
        {
            foreach (string line in File.ReadLines("/proc/meminfo"))
            {
                if (line.StartsWith("MemTotal:", StringComparison.Ordinal))
                    return long.Parse(line.AsSpan(9).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024;
            }
        }
        catch (IOException)
        {
            // Not Linux: the runtime's own idea has to do.
        }
        return GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }
}
