using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;
using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>The command line <c>convert-rdb</c>: a file of one family of servers becomes one that another loads.</summary>
internal static class ConvertTool
{
    private const string Usage = """
        Usage: carnelian-server convert-rdb IN OUT --format FORMAT [--strict]

        Writes the keys of an RDB file in another format: valkey-9, redis-7.0, redis-7.2, redis-7.4 or redis-8. What has no equivalent there is
        reported; with --strict it is an error, and nothing is written.
        """;

    /// <summary>Runs the tool.</summary>
    /// <param name="arguments">What follows its name.</param>
    /// <param name="output">Where the report goes.</param>
    /// <param name="errors">Where errors and warnings go.</param>
    /// <returns>The exit code: 0 if the file was written.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter errors)
    {
        string? input = null, result = null, format = null;
        bool isStrict = false, isWrong = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--strict")
                isStrict = true;
            else if (arguments[i] == "--format" && i + 1 < arguments.Length)
                format = arguments[++i];
            else if (input == null)
                input = arguments[i];
            else if (result == null)
                result = arguments[i];
            else
                isWrong = true;
        }
        RdbProfile? profile = RdbProfile.All.FirstOrDefault(profile => profile.Name == format);
        if (isWrong || input == null || result == null || profile == null)
        {
            errors.WriteLine(Usage);
            return 1;
        }
        try
        {
            using var handle = File.OpenHandle(input, options: FileOptions.SequentialScan);
            return Convert(new RdbFileSource(handle), result, profile, isStrict, output, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"Cannot open {input}: {ConfigurationFile.Describe(e)}");
            return 1;
        }
    }

    private static int Convert(RdbSource source, string result, RdbProfile profile, bool isStrict, TextWriter output, TextWriter errors)
    {
        long now = Clock.Sample();
        using var file = new RdbFile($"{result}.{Environment.ProcessId}.tmp", syncsInPieces: true);
        using var writer = new RdbFileWriter(file, profile);
        using var none = new Keyspace(1, 1);
        var converter = new RdbConverter(writer, ServerIdentity.Version, now);
        var configuration = new ServerConfiguration();
        var options = new RdbLoadOptions
        {
            Limits = new ValueLimits(
                new HashLimits(configuration.HashMaxListpackEntries, configuration.HashMaxListpackValue),
                new ListLimits(configuration.ListMaxListpackSize, 0),
                new SetLimits(configuration.SetMaxIntsetEntries, configuration.SetMaxListpackEntries, configuration.SetMaxListpackValue),
                new SortedSetLimits(configuration.ZsetMaxListpackEntries, configuration.ZsetMaxListpackValue)),
            Now = now,
            TriesUnknownVersions = true,
            // Where fields lose their deadlines, those that have expired must not come back.
            DropsExpired = profile.FieldDeadlines == FieldDeadlineForm.None,
            SkipsModules = true,
            Sink = converter,
            Aux = converter.TakeAux,
            Function = converter.TakeFunction,
            Log = (isWarning, text) =>
            {
                if (isWarning)
                    errors.WriteLine(text);
            },
        };
        if (new RdbLoader(none, options).Load(source, out _) != RdbLoadOutcome.Loaded)
            return 1;
        writer.WriteEnd();
        Report(converter, options.Progress, profile, output);
        if (isStrict && converter.Losses.Count != 0)
        {
            errors.WriteLine("Nothing was written, since --strict was given.");
            return 1;
        }
        if (file.TryCommit(result))
            return 0;
        errors.WriteLine($"Cannot write {result}: {file.Error}");
        return 1;
    }

    private static void Report(RdbConverter converter, LoadProgress progress, RdbProfile profile, TextWriter output)
    {
        output.WriteLine($"format {profile.Name} ({profile.Magic}): {converter.Keys} keys in {converter.Databases} databases, {converter.Functions} libraries of functions");
        if (progress.Expired + progress.ExpiredHashes + progress.Empty != 0)
            output.WriteLine($"left out: {progress.Expired} keys and all fields of {progress.ExpiredHashes} hashes, which have expired; {progress.Empty} keys without elements");
        if (converter.Losses.Count == 0)
        {
            output.WriteLine("everything has an equivalent");
            return;
        }
        output.WriteLine("without an equivalent:");
        foreach ((string what, long count) in converter.Losses)
            output.WriteLine($"  {count} x {what}");
        foreach (string detail in converter.Details)
            output.WriteLine($"  {detail}");
    }
}
