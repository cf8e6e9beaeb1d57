using System.Globalization;
using Carnelian.Oracle.Differential;
using Carnelian.Testing;

namespace Carnelian.Oracle.Journals;

/// <summary>The journals of both servers, read side by side.</summary>
internal sealed class JournalTap : IDisposable
{
    private const string Channel = "journal-fence";

    private readonly RespConnection _oracle;
    private readonly RespConnection _tested;
    private readonly IJournalReader _expected;
    private readonly IJournalReader _actual;
    private int _fences;

    public JournalTap(ServerPair servers, bool isReplica)
    {
        _oracle = new RespConnection(servers.OraclePort);
        _tested = new RespConnection(servers.TestedPort);
        // What expires by itself has no place in the order; keys that are met expired have.
        foreach (RespConnection connection in (RespConnection[])[_oracle, _tested])
            connection.Call("DEBUG SET-ACTIVE-EXPIRE 0");
        _oracle.Call("CONFIG SET repl-diskless-sync-delay 0");
        _expected = new ReplicaJournal(servers.OraclePort);
        _tested.Call("CONFIG SET repl-diskless-sync-delay 0");
        _actual = isReplica ? new ReplicaJournal(servers.TestedPort) : new RecordedJournal(servers.TestedPort);
        Take();
    }

    /// <summary>What both have written since the last call.</summary>
    public (List<JournalEntry> Expected, List<JournalEntry> Actual) Take()
    {
        string fence = (++_fences).ToString(CultureInfo.InvariantCulture);
        _oracle.CallWith("PUBLISH", Channel, fence);
        _tested.CallWith("PUBLISH", Channel, fence);
        return (JournalEntry.Read(_expected.TakeUntil(fence)), JournalEntry.Read(_actual.TakeUntil(fence)));
    }

    public static bool IsFence(RespValue command, string fence) =>
        command.Elements.Count == 3 && command.Elements[0].Value == "PUBLISH" && command.Elements[1].Value == Channel && command.Elements[2].Value == fence;

    public void Dispose()
    {
        _expected.Dispose();
        _actual.Dispose();
        _oracle.Dispose();
        _tested.Dispose();
    }
}
