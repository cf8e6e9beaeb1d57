using Carnelian.Server.Diagnostics;

namespace Carnelian.Server.Commands.Administration;

/// <summary>The Memory section of INFO.</summary>
internal static class InfoMemory
{
    /// <summary>Writes the fields.</summary>
    public static void Write(InfoText text, ServerInstance server)
    {
        var memory = new MemoryFigures(server);
        Bytes(text, "used_memory", memory.Used);
        Bytes(text, "used_memory_rss", memory.Resident);
        Bytes(text, "used_memory_peak", memory.Peak);
        text.Field("used_memory_peak_perc", Percent(memory.PeakPercent));
        text.Field("used_memory_overhead", memory.Overhead);
        text.Field("used_memory_startup", memory.Startup);
        text.Field("used_memory_dataset", memory.Dataset);
        text.Field("used_memory_dataset_perc", Percent(memory.DatasetPercent));
        text.Field("allocator_allocated", memory.Used);
        text.Field("allocator_active", memory.AllocatorActive);
        text.Field("allocator_resident", memory.AllocatorResident);
        text.Field("allocator_muzzy", 0);
        Bytes(text, "total_system_memory", MemoryFigures.TotalSystemMemory);
        WriteScripts(text);
        Bytes(text, "maxmemory", server.Configuration.MaxMemory < 0 ? long.MaxValue : server.Configuration.MaxMemory);
        text.Field("maxmemory_policy", server.Configuration.Get(["maxmemory-policy"])[0].Value);
        text.Field("allocator_frag_ratio", memory.FragmentationRatio, 2);
        text.Field("allocator_frag_bytes", memory.Fragmented);
        text.Field("allocator_rss_ratio", memory.AllocatorResidentRatio, 2);
        text.Field("allocator_rss_bytes", memory.AllocatorResident - memory.AllocatorActive);
        text.Field("rss_overhead_ratio", memory.OverheadRatio, 2);
        text.Field("rss_overhead_bytes", memory.Resident - memory.AllocatorResident);
        text.Field("mem_fragmentation_ratio", memory.ResidentRatio, 2);
        text.Field("mem_fragmentation_bytes", memory.Resident - memory.Used);
        text.Field("mem_not_counted_for_evict", server.Memory.NotCounted);
        text.Field("mem_replication_backlog", memory.Backlog);
        text.Field("mem_total_replication_buffers", memory.Stream);
        text.Field("mem_replicas_repl_buffer", memory.LaggingStream);
        text.Field("mem_clients_slaves", memory.Replicas);
        text.Field("mem_clients_normal", memory.Clients);
        text.Zeros("mem_cluster_links", "mem_cluster_slot_import", "mem_cluster_slot_export");
        text.Field("mem_aof_buffer", server.Aof.Writer?.WaitingBytes ?? 0);
        text.Field("mem_allocator", "carnelian");
        // Tables grow by one segment at a time and never hold two states of themselves.
        text.Zeros("mem_overhead_db_hashtable_rehashing");
        text.Field("active_defrag_running", server.Defragmentation.RunningPercent);
        text.Field("lazyfree_pending_objects", server.Keyspace.Reclaimer.PendingObjects);
        text.Field("lazyfreed_objects", server.Keyspace.Reclaimer.FreedObjects);
        WriteCollector(text, server);
    }

    private static void WriteScripts(InfoText text)
    {
        text.Zeros("used_memory_lua", "used_memory_vm_eval");
        text.Field("used_memory_lua_human", "0B");
        text.Zeros(
            "used_memory_scripts_eval", "number_of_cached_scripts", "number_of_functions", "number_of_libraries", "used_memory_vm_functions",
            "used_memory_vm_total");
        text.Field("used_memory_vm_total_human", "0B");
        text.Zeros("used_memory_functions", "used_memory_scripts");
        text.Field("used_memory_scripts_human", "0B");
    }

    /// <summary>The managed heap, which is not part of used_memory, and the pauses of its garbage collector.</summary>
    private static void WriteCollector(InfoText text, ServerInstance server)
    {
        text.Field("gc_heap_bytes", GC.GetTotalMemory(forceFullCollection: false));
        text.Field("gc_pauses", GC.CollectionCount(0));
        text.Field("gc_pause_total_usec", (long)GC.GetTotalPauseDuration().TotalMicroseconds);
        text.Field("gc_pause_max_usec", (long)server.Metrics.LongestPause.TotalMicroseconds);
    }

    private static void Bytes(InfoText text, string name, long bytes)
    {
        text.Field(name, bytes);
        text.Field($"{name}_human", MemoryFigures.Human(bytes));
    }

    private static string Percent(double value) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value:F2}%");
}
