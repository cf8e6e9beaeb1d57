using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>The two servers of a comparison and what each of them knows.</summary>
internal sealed class ServerPair : IDisposable
{
    private const int FarewellMilliseconds = 1000;

    /// <summary>The structure of values, which DEBUG shows, is compared too.</summary>
    private const string Options = "--enable-debug-command yes";

    private readonly ServerProcess? _oracleProcess;
    private readonly ServerProcess? _testedProcess;
    private readonly Dictionary<string, byte[]> _oracleConfig;
    private readonly Dictionary<string, byte[]> _testedConfig;

    private string[] _changed = [];

    private ServerPair(ServerProcess? oracleProcess, int oraclePort, ServerProcess? testedProcess, int testedPort)
    {
        _oracleProcess = oracleProcess;
        _testedProcess = testedProcess;
        OraclePort = oraclePort;
        TestedPort = testedPort;
        using var oracle = new RespConnection(oraclePort);
        using var tested = new RespConnection(testedPort);
        HashSet<string> known = CommandNames(oracle), implemented = CommandNames(tested);
        Common = known.Intersect(implemented).ToHashSet(StringComparer.Ordinal);
        OnlyOracle = [.. known.Except(implemented).Order(StringComparer.Ordinal)];
        OnlyTested = [.. implemented.Except(known).Order(StringComparer.Ordinal)];
        _oracleConfig = Config(oracle);
        _testedConfig = Config(tested);
    }

    public int OraclePort { get; }

    public int TestedPort { get; }

    /// <summary>Upper-case names that both servers have, subcommands as "CONTAINER|SUB".</summary>
    public IReadOnlySet<string> Common { get; }

    public IReadOnlyList<string> OnlyOracle { get; }

    public IReadOnlyList<string> OnlyTested { get; }

    public bool TestedHasExited => _testedProcess?.HasExited ?? false;

    public string TestedOutput => _testedProcess?.LastOutput ?? "";

    /// <summary>Starts both servers, or takes one that runs already where a port is given instead of a command.</summary>
    public static ServerPair Start(string oracle, string tested, string arguments)
    {
        ServerProcess? oracleProcess = null, testedProcess = null;
        try
        {
            if (!int.TryParse(oracle, out int oraclePort))
                oraclePort = (oracleProcess = ServerProcess.Start(oracle, Options)).Port;
            if (!int.TryParse(tested, out int testedPort))
                testedPort = (testedProcess = ServerProcess.Start(tested, $"{Options} {arguments}")).Port;
            return new ServerPair(oracleProcess, oraclePort, testedProcess, testedPort);
        }
        catch
        {
            oracleProcess?.Dispose();
            testedProcess?.Dispose();
            throw;
        }
    }

    /// <summary>Gives both servers their first state back: no keys, and directives as they were at the start.</summary>
    /// <param name="directives">Those that the next steps will set; what the last ones have set is remembered.</param>
    public void Reset(IEnumerable<string> directives)
    {
        string[] coming = [.. directives];
        string[] all = [.. _changed.Union(coming)];
        Reset(OraclePort, _oracleConfig, all);
        Reset(TestedPort, _testedConfig, all);
        _changed = coming;
    }

    /// <summary>Shuts the tested server down, which has to end well: the debug heap reports leaks by its exit code.</summary>
    public string? StopTested()
    {
        if (_testedProcess is null)
            return null;
        int? code = _testedProcess.Stop();
        return code == 0 ? null : $"the tested server ended with {(code is { } c ? $"code {c}" : "a kill, since SHUTDOWN did not end it")}:\n{TestedOutput}";
    }

    public void Dispose()
    {
        _oracleProcess?.Dispose();
        _testedProcess?.Dispose();
    }

    private static HashSet<string> CommandNames(RespConnection connection)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        void Add(RespValue command)
        {
            names.Add(command.Elements[0].Value.ToUpperInvariant());
            foreach (RespValue sub in command.Elements[9].Elements)
                Add(sub);
        }

        foreach (RespValue command in connection.Call("COMMAND").Elements)
            Add(command);
        return names;
    }

    private static Dictionary<string, byte[]> Config(RespConnection connection) =>
        ReplyRules.Map(connection.Call("CONFIG GET *")).ToDictionary(
            pair => pair.Key, pair => System.Text.Encoding.Latin1.GetBytes(pair.Value.Value), StringComparer.OrdinalIgnoreCase);

    private static void Reset(int port, Dictionary<string, byte[]> config, IEnumerable<string> directives)
    {
        using var connection = new RespConnection(port);
        foreach (string directive in directives)
        {
            if (config.TryGetValue(directive, out byte[]? value))
                connection.Call("CONFIG"u8.ToArray(), "SET"u8.ToArray(), System.Text.Encoding.Latin1.GetBytes(directive), value);
        }

        connection.Call("DEBUG QUICKLIST-PACKED-THRESHOLD 0");
        connection.Call("FLUSHALL SYNC");
        // What a connection of the round before has subscribed to counts until its end is noticed.
        SpinWait.SpinUntil(() => connection.Call("CLIENT LIST TYPE pubsub").Value.Length == 0, FarewellMilliseconds);
    }
}
