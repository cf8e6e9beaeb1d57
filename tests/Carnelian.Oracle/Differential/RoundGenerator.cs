using Carnelian.Oracle.Grammar;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>Writes the steps of a round from a family's commands; the same seed gives the same steps.</summary>
internal sealed class RoundGenerator(Family family, int connections, int mutatedPercent, bool transactions, Func<string, bool> isCommon, Func<string, bool> isUnequal)
{
    private static readonly string[] ShortDeadlines = ["SET {key} v PX 3", "SET {key} 10 PX 1", "PEXPIRE {key} 2", "PSETEX {key} 3 v", "GETEX {key} PX 2"];

    private readonly Vocabulary _vocabulary = new();

    public List<Step> Generate(int seed, int count)
    {
        var random = new Random(seed);
        _vocabulary.StartRound();
        var steps = new List<Step>(count + 20);
        int connection = 0;
        while (steps.Count < count)
        {
            // A connection keeps its turn for a while, so that its commands can be pipelined.
            if (random.Next(connections > 2 ? 1 : 12) == 0)
                connection = random.Next(connections);
            switch (random.Next(2000))
            {
                case 98 or 99 when transactions && isCommon("PEXPIRE"):
                    ExpiringWatch(steps, connection, random);
                    break;
                case < 60 when transactions:
                    Transaction(steps, connection, random);
                    break;
                case 100 or 101 when isCommon("PEXPIRE"):
                    steps.Add(new Step(connection, StepKind.ExpireNow, Line(ShortDeadlines[random.Next(ShortDeadlines.Length)], random)));
                    break;
                case < 110 and >= 103 when isCommon("SCAN"):
                    steps.Add(new Step(connection, StepKind.ScanIteration, Line("SCAN 0 <[MATCH {pattern}] [COUNT (1|2|5|100)] [TYPE string]>", random)));
                    break;
                default:
                    steps.Add(Command(connection, random));
                    break;
            }
        }

        return steps;
    }

    private void Transaction(List<Step> steps, int connection, Random random)
    {
        int other = (connection + 1) % connections;
        bool watches = random.Next(2) == 0;
        if (watches)
        {
            steps.Add(Step(connection, "WATCH ({key})+", random));
            if (random.Next(3) == 0)
                steps.Add(Command(connection, random));
            if (random.Next(3) == 0)
                steps.Add(Command(other, random));
            if (random.Next(8) == 0)
                steps.Add(Step(connection, "UNWATCH", random));
        }

        steps.Add(Step(connection, "MULTI", random));
        for (int i = random.Next(7); i > 0; i--)
            steps.Add(Command(connection, random));
        if (watches && random.Next(2) == 0)
            steps.Add(Command(other, random));
        steps.Add(Step(connection, random.Next(8) == 0 ? "DISCARD" : "EXEC", random));
    }

    // A watched key expires before MULTI, inside of it, or has done so before it is watched; a key that nobody removes until EXEC looks.
    private void ExpiringWatch(List<Step> steps, int connection, Random random)
    {
        byte[][] key = [_vocabulary.Pick("key", random)];
        int acting = random.Next(2) == 0 ? connection : (connection + 1) % connections;
        int moment = random.Next(3);
        var expire = new Step(acting, StepKind.ExpireUnseen, [.. Words("PSETEX"), .. key, .. Words("2 v")]);
        steps.Add(new Step(connection, StepKind.Command, Words("DISCARD")));
        steps.Add(new Step(acting, StepKind.Command, Words("DISCARD")));
        if (moment == 0)
            steps.Add(expire);
        steps.Add(new Step(connection, StepKind.Command, [.. Words("WATCH"), .. key]));
        if (moment == 1)
            steps.Add(expire);
        if (random.Next(4) == 0)
            steps.Add(new Step(acting, StepKind.Command, [.. Words(random.Next(2) == 0 ? "DEL" : "PERSIST"), .. key]));
        steps.Add(new Step(connection, StepKind.Command, Words("MULTI")));
        steps.Add(new Step(connection, StepKind.Command, [.. Words("GET"), .. key]));
        if (moment == 2 && acting != connection)
            steps.Add(expire);
        steps.Add(new Step(connection, StepKind.Command, Words("EXEC")));
        // It has to be gone on both servers before anything counts keys; the two connections may use different databases.
        steps.Add(new Step(acting, StepKind.Command, [.. Words("GET"), .. key]));
        steps.Add(new Step(connection, StepKind.Command, [.. Words("GET"), .. key]));
    }

    private static byte[][] Words(string text) => CommandText.Split(text);

    private Step Command(int connection, Random random)
    {
        byte[][] command = family.Generate(random, _vocabulary);
        if (random.Next(100) < mutatedPercent)
        {
            // A name may turn into that of a command that only one server has.
            byte[][] mutated = Mutation.Apply(command, random);
            if (!isUnequal(System.Text.Encoding.Latin1.GetString(mutated[0]).ToUpperInvariant()))
                command = mutated;
        }
        return IsEndless(command) ? Command(connection, random) : new Step(connection, StepKind.Command, command);
    }

    // A draw of 2^63 elements, each from all, is a reply that no server can finish.
    private static bool IsEndless(byte[][] command) =>
        command.Length > 2 && long.TryParse(command[2], out long count) && count is < -1_000_000 and > long.MinValue
        && System.Text.Encoding.Latin1.GetString(command[0]).ToUpperInvariant() is ("HRANDFIELD" or "SRANDMEMBER" or "ZRANDMEMBER");

    private Step Step(int connection, string template, Random random) => new(connection, StepKind.Command, Line(template, random));

    private byte[][] Line(string template, Random random)
    {
        var expansion = new Expansion(random, _vocabulary);
        TemplateParser.Parse(template).Write(expansion);
        return [.. expansion.Arguments];
    }
}
