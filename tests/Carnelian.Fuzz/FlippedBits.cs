using System.Diagnostics;
using System.Globalization;
using Carnelian.Fuzz.Targets;
using Carnelian.Memory;
using Carnelian.Persistence.Rdb;
using Carnelian.Persistence.Rdb.Checking;
using Carnelian.Storage;

namespace Carnelian.Fuzz;

/// <summary>
/// Turns over each bit of an RDB file, one at a time. With the checksum looked at, nothing of that may load; without, it loads or is refused. The
/// checker looks through it as well.
/// </summary>
internal static class FlippedBits
{
    private const long MostWorkingSet = 512L << 20;
    private static readonly TimeSpan s_timeBound = TimeSpan.FromSeconds(5);

    /// <summary>Tries all bits of a file, which has to be sound.</summary>
    /// <returns>The exit code: 0, or 2 for a finding.</returns>
    public static int Run(string name)
    {
        byte[] file = File.ReadAllBytes(name);
        using var target = new RdbTarget();
        using var keyspace = new Keyspace(16, 1);
        if (Load(keyspace, file) != RdbLoadOutcome.Loaded)
        {
            Console.Error.WriteLine($"{name} is not sound itself");
            return 2;
        }
        var watchdog = new Watchdog(s_timeBound, $"bits of {name}");
        long start = Stopwatch.GetTimestamp(), bits = 8L * file.Length;
        for (long bit = 0; bit < bits; bit++)
        {
            file[bit / 8] ^= (byte)(1 << (int)(bit % 8));
            watchdog.Begin(file);
            try
            {
                Try(target, keyspace, file);
            }
            catch (Exception finding)
            {
                Console.Error.WriteLine($"bit {bit} of {name}: {finding}");
                Console.Error.WriteLine(Convert.ToHexString(file));
                return 2;
            }
            file[bit / 8] ^= (byte)(1 << (int)(bit % 8));
        }
        using var self = Process.GetCurrentProcess();
        if (self.PeakWorkingSet64 > MostWorkingSet)
        {
            Console.Error.WriteLine($"bits of {name}: {self.PeakWorkingSet64} bytes of memory were in use");
            return 2;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{bits} bits of {name} turned over, {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s, at most {self.PeakWorkingSet64 >> 20} MiB; nothing found"));
        return 0;
    }

    private static void Try(RdbTarget target, Keyspace keyspace, byte[] file)
    {
        long before = NativeHeap.UsedBytes;
        target.Run(file);
        if (Load(keyspace, file) == RdbLoadOutcome.Loaded)
            throw new FuzzFailure("loads although the checksum is wrong");
        var checker = new RdbChecker(TextWriter.Null, 1_000_000) { HasStatistics = true };
        if (checker.Check(new MemorySource(file), out bool requiresRelaxed) && !requiresRelaxed)
            throw new FuzzFailure("the checker accepts it");
        long grown = NativeHeap.UsedBytes - before;
        if (grown > target.MemoryBound(file.Length))
            throw new FuzzFailure($"holds {grown} bytes of native memory afterwards");
    }

    private static RdbLoadOutcome Load(Keyspace keyspace, byte[] file)
    {
        var options = new RdbLoadOptions { Limits = ValueUse.Limits, Now = 1_000_000 };
        RdbLoadOutcome outcome = new RdbLoader(keyspace, options).Load(new MemorySource(file), out _);
        for (int i = 0; i < keyspace.DatabaseCount; i++)
            keyspace[i].Clear(isLazy: false);
        return outcome;
    }

    private sealed class MemorySource(byte[] bytes) : RdbSource
    {
        private int _at;

        public override long Remaining => bytes.Length - _at;

        public override int Read(Span<byte> target)
        {
            int size = Math.Min(target.Length, bytes.Length - _at);
            bytes.AsSpan(_at, size).CopyTo(target);
            _at += size;
            return size;
        }
    }
}
