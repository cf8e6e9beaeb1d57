using Carnelian.Persistence.Rdb;
using Carnelian.Persistence.Rdb.Checking;
using Carnelian.Threading;
using Microsoft.Win32.SafeHandles;

namespace Carnelian.Server.Tools;

/// <summary>The program <c>check-rdb</c>: looks through an RDB file. Also what the server is when its name ends so, by a link.</summary>
internal static class CheckRdb
{
    /// <summary>Runs the program.</summary>
    /// <param name="name">What it was called.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The exit code: 0 if the file is sound.</returns>
    public static int Run(string name, ReadOnlySpan<string> arguments)
    {
        var format = StatisticsFormat.Table;
        bool hasStatistics = false, isUsage = arguments.Length == 0;
        string? outputName = null;
        for (int i = 1; i < arguments.Length && !isUsage; i++)
        {
            if (arguments[i] == "--stats")
                hasStatistics = true;
            else if (arguments[i] == "--format" && i + 1 < arguments.Length && Enum.TryParse(arguments[i + 1], ignoreCase: true, out format))
                i++;
            else if (arguments[i] == "--output" && i + 1 < arguments.Length)
                outputName = arguments[++i];
            else
                isUsage = true;
        }
        if (isUsage)
        {
            Console.Error.WriteLine($"Usage: {name} <rdb-file-name> [--format table|info|csv] [--stats] [--output <file>]");
            return 1;
        }
        try
        {
            using TextWriter output = outputName == null ? Console.Out : new StreamWriter(outputName);
            return Check(arguments[0], output, hasStatistics ? format : null, out _) ? 0 : 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{outputName}: {e.Message}");
            return 1;
        }
    }

    /// <summary>Checks a file, or what another begins with.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="output">Where the report goes.</param>
    /// <param name="statistics">In what form there are statistics too.</param>
    /// <param name="length">How many bytes the RDB file has.</param>
    /// <param name="isServer">Whether a server asks, whose log has the last word.</param>
    /// <returns>Whether it is sound.</returns>
    public static bool Check(string file, TextWriter output, StatisticsFormat? statistics, out long length, bool isServer = false)
    {
        length = 0;
        output.WriteLine($"[offset 0] Checking RDB file {file}");
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(file, options: FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            output.WriteLine("[offset 0] Check RDB returned error code 1 (0 means success)");
            return false;
        }
        using (handle)
        {
            var checker = new RdbChecker(output, Clock.Sample()) { HasStatistics = statistics != null };
            bool isSound = checker.Check(new RdbFileSource(handle), out _);
            length = checker.Length;
            if (checker.IsCorrupt && !isServer)
                output.WriteLine("Terminating server after rdb file reading failure.");
            if (statistics is { } format)
                checker.WriteStatistics(format);
            return isSound;
        }
    }
}
