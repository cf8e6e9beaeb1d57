using System.Text;

namespace Carnelian.Server.Diagnostics;

/// <summary>Says in words what is unusual about the memory, and what can be done about it.</summary>
internal static class MemoryDoctor
{
    private const long LittleMemory = 5 << 20;
    private const long MuchWaste = 10 << 20;
    private const long MuchPerClient = 200 * 1024;

    /// <summary>Writes the report.</summary>
    public static string Report(ServerInstance server)
    {
        var memory = new MemoryFigures(server);
        if (memory.Used < LittleMemory)
            return $"Only {MemoryFigures.Human(memory.Used)} are in use: too little to say anything about.\n";
        var text = new StringBuilder();
        if (memory.Peak > memory.Used * 1.5)
        {
            Add(text, $"The memory in use was {MemoryFigures.Human(memory.Peak)} at its peak and is {MemoryFigures.Human(memory.Used)} now. "
                + "Free pages go back to the system by and by; MEMORY PURGE gives them back at once.");
        }
        if (memory.FragmentationRatio > 1.4 && memory.Fragmented > MuchWaste)
        {
            Add(text, $"{MemoryFigures.Human(memory.Fragmented)} lie unused between the blocks that are in use. "
                + "That happens after many keys of one size have gone; new keys of that size will fill the room. "
                + (server.Configuration.ActiveDefrag ? "Active defragmentation wins it back, as far as its thresholds say." : "CONFIG SET activedefrag yes wins it back."));
        }
        if (memory.AllocatorResidentRatio > 1.1 && memory.AllocatorResident - memory.AllocatorActive > MuchWaste)
            Add(text, $"{MemoryFigures.Human(memory.AllocatorResident - memory.AllocatorActive)} of free pages have not gone back to the system yet. MEMORY PURGE gives them back.");
        int clients = server.Clients.Count;
        if (clients > 0 && memory.Clients / clients > MuchPerClient)
        {
            Add(text, $"The buffers of clients take {MemoryFigures.Human(memory.Clients)}, {MemoryFigures.Human(memory.Clients / clients)} each on average. "
                + "CLIENT LIST shows whose (tot-mem); client-output-buffer-limit bounds those who read too slowly.");
        }
        return text.Length == 0 ? "Nothing is unusual about the memory.\n" : text.ToString();
    }

    private static void Add(StringBuilder text, string finding) => text.Append("- ").Append(finding).Append('\n');
}
