using System.Globalization;

namespace Carnelian.Oracle;

/// <summary>The command line.</summary>
internal sealed class OracleOptions
{
    public const string Usage = """
        Compares the replies of a server under test with those of a real one.

          --server COMMAND     the server under test, or the port of one that runs (default: out/carnelian-server)
          --server-args ARGS   more options for it, such as "--io-threads 2"
          --oracle COMMAND     the real server, or its port (default: /opt/peers/bin/valkey-server)
          --mode MODE          replay (default), channels, journal, replica, catalogue, names, raw or self-test
          --commands N         commands to compare, over all families (default: 100000)
          --round N            commands of one round, which begins without data (default: 1500)
          --seed S             the first round's seed (default: random, printed)
          --first-round R      begin with this round, to see one again (default: 0)
          --rounds N           stop after so many rounds
          --resp 2|3|both      protocol; both takes turns (default: both)
          --families a,b       which families of commands (default: all)
          --pipeline DEPTH     commands that travel together at most (default: 50)
          --mutated PERCENT    commands that are spoilt (default: 15)
          --differences N      give up after so many rounds that differ (default: 10)
        """;

    public string Server { get; private set; } = "out/carnelian-server";

    public string ServerArguments { get; private set; } = "";

    public string Oracle { get; private set; } = "/opt/peers/bin/valkey-server";

    public string Mode { get; private set; } = "replay";

    public long Commands { get; private set; } = 100_000;

    public int RoundLength { get; private set; } = 1500;

    public int Seed { get; private set; } = Random.Shared.Next(1, 1_000_000);

    public int FirstRound { get; private set; }

    public int Rounds { get; private set; } = int.MaxValue;

    public int[] Protocols { get; private set; } = [2, 3];

    public string[]? Families { get; private set; }

    public int Pipeline { get; private set; } = 50;

    public int MutatedPercent { get; private set; } = 15;

    public int MaxDifferences { get; private set; } = 10;

    /// <exception cref="ArgumentException">An option is unknown or lacks its value.</exception>
    public static OracleOptions Parse(string[] arguments)
    {
        var options = new OracleOptions();
        if (arguments.Length % 2 != 0)
            throw new ArgumentException(Usage);
        for (int i = 0; i < arguments.Length; i += 2)
            options.Set(arguments[i], arguments[i + 1]);
        return options;
    }

    private void Set(string option, string value)
    {
        int Number() => int.Parse(value, CultureInfo.InvariantCulture);
        switch (option)
        {
            case "--server": Server = value; break;
            case "--server-args": ServerArguments = value; break;
            case "--oracle": Oracle = value; break;
            case "--mode": Mode = value; break;
            case "--commands": Commands = long.Parse(value, CultureInfo.InvariantCulture); break;
            case "--round": RoundLength = Number(); break;
            case "--seed": Seed = Number(); break;
            case "--first-round": FirstRound = Number(); break;
            case "--rounds": Rounds = Number(); break;
            case "--resp": Protocols = value == "both" ? [2, 3] : [Number()]; break;
            case "--families": Families = value.Split(','); break;
            case "--pipeline": Pipeline = Number(); break;
            case "--mutated": MutatedPercent = Number(); break;
            case "--differences": MaxDifferences = Number(); break;
            default: throw new ArgumentException($"no option is called {option}\n{Usage}");
        }
    }
}
