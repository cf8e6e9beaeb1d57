using Carnelian.Journal;

namespace Carnelian.Tests.Journal;

/// <summary>What a unit hands to the sinks of the journal.</summary>
public sealed class JournalUnitTests : IDisposable
{
    private readonly WriteJournal _journal = new();
    private readonly RecordingSink _replicas = new();
    private readonly JournalUnit _unit;

    public JournalUnitTests()
    {
        _unit = new JournalUnit(_journal);
        _journal.Add(_replicas);
    }

    public void Dispose() => _unit.Dispose();

    [Fact]
    public void A_single_command_follows_a_SELECT_of_its_database()
    {
        _unit.Add(3, "DEL"u8, "a"u8);
        _unit.Flush();
        _unit.Add(3, "DEL"u8, "b"u8);
        _unit.Flush();

        Assert.Equal(["SELECT 3", "DEL a", "DEL b"], _replicas.Take());
        Assert.Equal(2, _replicas.Units);
    }

    [Fact]
    public void Several_commands_are_a_transaction_with_its_SELECT_inside()
    {
        _unit.Add(0, "DEL"u8, "a"u8);
        _unit.Add(12, "DEL"u8, "b"u8);
        _unit.Flush();
        _unit.Add(12, "DEL"u8, "c"u8);
        _unit.Flush();

        Assert.Equal(["MULTI", "SELECT 0", "DEL a", "SELECT 12", "DEL b", "EXEC", "DEL c"], _replicas.Take());
    }

    [Fact]
    public void Steps_of_their_own_may_be_flushed_together()
    {
        _unit.Add(0, "DEL"u8, "a"u8);
        _unit.Add(0, "DEL"u8, "b"u8);
        _unit.Flush(isTransaction: false);

        Assert.Equal(["SELECT 0", "DEL a", "DEL b"], _replicas.Take());
    }

    [Fact]
    public void A_sink_that_comes_later_begins_with_a_SELECT()
    {
        _unit.Add(1, "DEL"u8, "a"u8);
        _unit.Flush();
        var late = new RecordingSink();
        _journal.Add(late);
        _unit.Add(1, "DEL"u8, "b"u8);
        _unit.Flush();
        _journal.ForgetDatabase(late);
        _unit.Add(1, "DEL"u8, "c"u8);
        _unit.Flush();

        Assert.Equal(["SELECT 1", "DEL a", "DEL b", "DEL c"], _replicas.Take());
        Assert.Equal(["SELECT 1", "DEL b", "SELECT 1", "DEL c"], late.Take());
    }

    [Fact]
    public void Messages_go_to_replicas_only()
    {
        var file = new RecordingSink(isReplication: false);
        _journal.Add(file);
        Message("one");
        _unit.Add(0, "DEL"u8, "a"u8);
        Message("two");
        _unit.Add(1, "DEL"u8, "b"u8);
        Message("three");
        _unit.Flush();
        Message("four");
        _unit.Flush();
        _unit.Add(1, "DEL"u8, "c"u8);
        _unit.Flush();

        Assert.Equal(
            ["MULTI", "SELECT 0", "PUBLISH x one", "DEL a", "PUBLISH x two", "SELECT 1", "DEL b", "SELECT 0", "PUBLISH x three", "EXEC", "PUBLISH x four", "SELECT 1", "DEL c"],
            _replicas.Take());
        Assert.Equal(["MULTI", "SELECT 0", "DEL a", "SELECT 1", "DEL b", "SELECT 0", "EXEC", "SELECT 1", "DEL c"], file.Take());
    }

    [Fact]
    public void An_incomplete_command_can_be_dropped()
    {
        _unit.Add(0, "DEL"u8, "a"u8);
        _unit.Begin(0, 3);
        _unit.Add("SET"u8);
        _unit.DropIncomplete();
        _unit.Flush();

        Assert.Equal(["SELECT 0", "DEL a"], _replicas.Take());
    }

    [Fact]
    public void Long_arguments_and_numbers_are_written_whole()
    {
        var value = new string('v', 3_000_000);
        _unit.Begin(0, 4);
        _unit.Add("SET"u8);
        _unit.Add(long.MinValue);
        _unit.Add(System.Text.Encoding.ASCII.GetBytes(value));
        _unit.Add(-7);
        _unit.Flush();

        Assert.Equal(["SELECT 0", $"SET {long.MinValue} {value} -7"], _replicas.Take());
    }

    private void Message(string text)
    {
        _unit.Begin(0, 3, isMessage: true);
        _unit.Add("PUBLISH"u8);
        _unit.Add("x"u8);
        _unit.Add(System.Text.Encoding.ASCII.GetBytes(text));
    }
}
