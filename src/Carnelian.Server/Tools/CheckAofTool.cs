using System.Globalization;
using Carnelian.Commands;
using Carnelian.Persistence.Aof;
using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Carnelian.Server.Persistence;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Tools;

/// <summary><c>carnelian-server check-aof</c>, also under the names valkey-check-aof and redis-check-aof: see <see cref="AofChecker"/>.</summary>
internal static class CheckAofTool
{
    /// <summary>Whether a program's name asks for the tool.</summary>
    public static bool IsName(string program) => Path.GetFileName(program) is "valkey-check-aof" or "redis-check-aof" or "carnelian-check-aof";

    /// <summary>Runs the tool.</summary>
    /// <param name="program">How it was called.</param>
    /// <param name="arguments">What follows its name.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string program, string[] arguments)
    {
        bool fixes = false;
        long timestamp = 0;
        string path;
        switch (arguments)
        {
            case ["-v" or "--version"]:
                Console.WriteLine($"{Path.GetFileName(program)} v={ServerIdentity.Version} sha=00000000:0 malloc=carnelian bits=64 build=valkey-{ServerIdentity.ValkeyVersion}");
                return 0;
            case [string only]:
                path = only;
                break;
            case ["--fix", string damaged]:
                fixes = true;
                path = damaged;
                break;
            case ["--truncate-to-timestamp", string time, string cut]:
                if (!long.TryParse(time, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out timestamp))
                {
                    Console.WriteLine("Invalid timestamp, aborting...");
                    return 1;
                }
                path = cut;
                break;
            default:
                Console.WriteLine($"Usage: {program} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>");
                return 1;
        }
        return new AofChecker(Console.Out, Console.In, CheckRdb) { Fixes = fixes, Timestamp = timestamp }.Run(path);
    }

    /// <summary>Checks the RDB part of a file by loading it.</summary>
    /// <returns>The offset behind it; -1 if it is damaged.</returns>
    private static long CheckRdb(string path)
    {
        Console.WriteLine($"[offset 0] Checking RDB file {path}");
        using var keyspace = new Keyspace(new ServerConfiguration().Databases, 1);
        var progress = new LoadProgress();
        long length;
        RdbLoadOutcome outcome;
        using (var file = File.OpenHandle(path))
        {
            outcome = new RdbLoader(keyspace, new RdbLoadOptions
            {
                Limits = LoadLimits.Of(new CollectionLimits { ListPackSize = new ServerConfiguration().ListMaxListpackSize }, CommandServices.DefaultQuicklistPackedThreshold),
                Now = Clock.Sample(),
                DropsExpired = false,
                SkipsModules = true,
                TriesUnknownVersions = true,
                Log = static (_, text) => Console.WriteLine(text),
                Progress = progress,
            }).Load(new RdbFileSource(file), out length);
        }
        bool isGood = outcome == RdbLoadOutcome.Loaded;
        Console.WriteLine(isGood ? $"[offset {length}] \\o/ RDB looks OK! \\o/" : $"[offset {length}] Check RDB returned error code 1 (0 means success)");
        Console.WriteLine($"[info] {progress.Keys} keys read");
        return isGood ? length : -1;
    }
}
