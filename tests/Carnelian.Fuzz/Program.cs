using System.Diagnostics;
using System.Globalization;
using Carnelian.Memory;

namespace Carnelian.Fuzz;

/// <summary>
/// Runs mutated inputs against one target, or one given input. Exit code 0: nothing found; 1: wrong usage; 2: a finding, printed with the
/// seed and the input in hexadecimal.
/// </summary>
internal static class Program
{
    private const int MaxInputLength = 4096;
    private static readonly TimeSpan s_timeBound = TimeSpan.FromSeconds(5);

    private static int Main(string[] arguments)
    {
        string? name = null;
        string? hex = null;
        string? flipped = null;
        long inputs = 1_000_000;
        int seed = Environment.TickCount & int.MaxValue;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            switch (arguments[i])
            {
                case "--target": name = arguments[i + 1]; break;
                case "--flips": flipped = arguments[i + 1]; break;
                case "--input": hex = arguments[i + 1]; break;
                case "--inputs" when long.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out inputs): break;
                case "--seed" when int.TryParse(arguments[i + 1], CultureInfo.InvariantCulture, out seed): break;
                default: return Usage();
            }
        }
        if (flipped != null && arguments.Length == 2) return FlippedBits.Run(flipped);
        if (name == null || arguments.Length % 2 != 0 || !FuzzTargets.All.TryGetValue(name, out Func<FuzzTarget>? create)) return Usage();

        using FuzzTarget target = create();
        if (hex != null)
        {
            target.Run(Convert.FromHexString(hex));
            Console.WriteLine($"{name}: the input is fine");
            return 0;
        }
        return Fuzz(target, inputs, seed);
    }

    private static int Fuzz(FuzzTarget target, long inputs, int seed)
    {
        string description = $"target {target.Name}, seed {seed}";
        List<byte[]> corpus = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "corpus", target.Name)).Order().Select(File.ReadAllBytes)];
        Mutator mutator = new(new Random(seed), corpus, target.Dictionary, MaxInputLength);
        Watchdog watchdog = new(s_timeBound, description);
        foreach (byte[] input in corpus)
        {
            if (!Try(target, watchdog, input, description)) return 2;
        }

        long start = Stopwatch.GetTimestamp();
        long bytes = 0;
        for (long i = 0; i < inputs; i++)
        {
            ReadOnlySpan<byte> input = mutator.Next();
            bytes += input.Length;
            if (!Try(target, watchdog, input, $"{description}, input {i}")) return 2;
        }
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{description}: {inputs} inputs, {bytes} bytes, {elapsed.TotalSeconds:F1} s, {inputs / elapsed.TotalMinutes / 1e6:F1} M inputs a minute; nothing found"));
        return 0;
    }

    private static bool Try(FuzzTarget target, Watchdog watchdog, ReadOnlySpan<byte> input, string description)
    {
        watchdog.Begin(input);
        long before = NativeHeap.UsedBytes;
        try
        {
            target.Run(input);
            long grown = NativeHeap.UsedBytes - before;
            if (grown > target.MemoryBound(input.Length)) throw new FuzzFailure($"holds {grown} bytes of native memory afterwards");
            return true;
        }
        catch (Exception finding)
        {
            Console.Error.WriteLine($"{description}: {finding}");
            Console.Error.WriteLine(Convert.ToHexString(input));
            return false;
        }
    }

    private static int Usage()
    {
        Console.Error.WriteLine($"""
            Usage: Carnelian.Fuzz --target <name> [--inputs <count>] [--seed <number>]
                   Carnelian.Fuzz --target <name> --input <hexadecimal>
                   Carnelian.Fuzz --flips <RDB file>
            Targets: {string.Join(", ", FuzzTargets.All.Keys)}
            """);
        return 1;
    }
}
