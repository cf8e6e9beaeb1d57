using System.Globalization;
using Carnelian.Persistence.Aof;

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
        return new AofChecker(Console.Out, Console.In, static path => CheckRdb.Check(path, Console.Out, statistics: null, out long length) ? length : -1) { Fixes = fixes, Timestamp = timestamp }.Run(path);
    }
}
