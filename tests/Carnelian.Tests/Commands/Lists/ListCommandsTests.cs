using Carnelian.Commands;

namespace Carnelian.Tests.Commands.Lists;

/// <summary>What the comparison with the real server does not see of list commands: events, changes, and what only Redis has.</summary>
public sealed class ListCommandsTests
{
    [Fact]
    public void A_push_that_makes_the_key_publishes_that_first()
    {
        using var client = new DatabaseClient();
        Assert.Equal(":3", client.Run("LPUSH l a b c"));
        Assert.Equal(["new l", "lpush l"], client.TakeEvents());
        Assert.Equal(3, client.Dirty);
    }

    [Fact]
    public void Popping_the_last_element_removes_the_key()
    {
        using var client = new DatabaseClient();
        client.Run("RPUSH l a b");
        client.TakeEvents();
        Assert.Equal("*2 b a", client.Run("RPOP l 5"));
        Assert.Equal(["rpop l", "del l"], client.TakeEvents());
        Assert.Equal(2, client.Dirty);
        Assert.Equal(":0", client.Run("EXISTS l"));
    }

    [Fact]
    public void A_move_publishes_the_push_before_the_pop_and_counts_once()
    {
        using var client = new DatabaseClient();
        client.Run("RPUSH from a");
        client.TakeEvents();
        Assert.Equal("a", client.Run("LMOVE from to LEFT RIGHT"));
        Assert.Equal(["new to", "rpush to", "lpop from", "del from"], client.TakeEvents());
        Assert.Equal(1, client.Dirty);
    }

    [Fact]
    public void A_list_of_one_element_can_be_moved_to_itself()
    {
        using var client = new DatabaseClient();
        client.Run("RPUSH l a");
        client.TakeEvents();
        Assert.Equal("a", client.Run("RPOPLPUSH l l"));
        Assert.Equal(["lpush l", "rpop l"], client.TakeEvents());
        Assert.Equal("*1 a", client.Run("LRANGE l 0 -1"));
    }

    [Fact]
    public void Trimming_nothing_is_no_change()
    {
        using var client = new DatabaseClient();
        client.Run("RPUSH l a b");
        client.TakeEvents();
        Assert.Equal("+OK", client.Run("LTRIM l 0 -1"));
        Assert.Equal(["ltrim l"], client.TakeEvents());
        Assert.Equal(0, client.Dirty);
    }

    // From the examples on the page of LMOVEM, and all ways to choose ends and order.
    [Theory]
    [InlineData("LEFT LEFT COUNT 2 OBO", "*2 2 1", "*2 3 4", "*5 2 1 5 6 7")]
    [InlineData("LEFT LEFT COUNT 2 BULK", "*2 1 2", "*2 3 4", "*5 1 2 5 6 7")]
    [InlineData("LEFT RIGHT COUNT 2 OBO", "*2 1 2", "*2 3 4", "*5 5 6 7 1 2")]
    [InlineData("LEFT RIGHT COUNT 2 BULK", "*2 1 2", "*2 3 4", "*5 5 6 7 1 2")]
    [InlineData("RIGHT LEFT COUNT 2 OBO", "*2 3 4", "*2 1 2", "*5 3 4 5 6 7")]
    [InlineData("RIGHT LEFT COUNT 2 BULK", "*2 3 4", "*2 1 2", "*5 3 4 5 6 7")]
    [InlineData("RIGHT RIGHT COUNT 2 OBO", "*2 4 3", "*2 1 2", "*5 5 6 7 4 3")]
    [InlineData("RIGHT RIGHT COUNT 2 BULK", "*2 3 4", "*2 1 2", "*5 5 6 7 3 4")]
    [InlineData("LEFT RIGHT COUNT 9 BULK", "*4 1 2 3 4", "*0", "*7 5 6 7 1 2 3 4")]
    [InlineData("LEFT RIGHT EXACTLY 4 OBO", "*4 1 2 3 4", "*0", "*7 5 6 7 1 2 3 4")]
    [InlineData("LEFT RIGHT EXACTLY 5 BULK", "*-1", "*4 1 2 3 4", "*3 5 6 7")]
    [InlineData("LEFT RIGHT", "*1 1", "*3 2 3 4", "*4 5 6 7 1")]
    public void LMoveM_moves_several(string options, string reply, string source, string destination)
    {
        using var client = new DatabaseClient();
        client.Run("RPUSH l1 1 2 3 4");
        client.Run("RPUSH l2 5 6 7");
        Assert.Equal(reply, client.Run($"LMOVEM l1 l2 {options}"));
        Assert.Equal(source, client.Run("LRANGE l1 0 -1"));
        Assert.Equal(destination, client.Run("LRANGE l2 0 -1"));
    }

    [Theory]
    [InlineData("LEFT LEFT EXACTLY 2 OBO", "*2 b a", "*3 b a c")]
    [InlineData("LEFT LEFT EXACTLY 2 BULK", "*2 a b", "*3 a b c")]
    [InlineData("LEFT RIGHT COUNT 2 BULK", "*2 a b", "*3 c a b")]
    [InlineData("RIGHT LEFT COUNT 2 OBO", "*2 b c", "*3 b c a")]
    [InlineData("LEFT LEFT COUNT 9 OBO", "*3 c b a", "*3 c b a")]
    public void LMoveM_moves_within_a_list(string options, string reply, string list)
    {
        using var client = new DatabaseClient();
        client.Run("RPUSH l a b c");
        Assert.Equal(reply, client.Run($"LMOVEM l l {options}"));
        Assert.Equal(list, client.Run("LRANGE l 0 -1"));
    }

    [Fact]
    public void LMoveM_publishes_one_push_and_one_pop()
    {
        using var client = new DatabaseClient();
        client.Run("RPUSH l a b c");
        client.TakeEvents();
        client.Run("LMOVEM l m LEFT LEFT COUNT 2 BULK");
        Assert.Equal(["new m", "lpush m", "lpop l"], client.TakeEvents());
        Assert.Equal(2, client.Dirty);
    }

    [Theory]
    [InlineData("LMOVEM nokey m LEFT LEFT COUNT 2 BULK", "*0")]
    [InlineData("LMOVEM nokey m LEFT LEFT EXACTLY 2 BULK", "*-1")]
    [InlineData("LMOVEM l m LEFT UP", "-ERR syntax error")]
    [InlineData("LMOVEM l m LEFT LEFT COUNT 2", "-ERR syntax error")]
    [InlineData("LMOVEM l m LEFT LEFT COUNT 2 OTHER", "-ERR syntax error")]
    [InlineData("LMOVEM l m LEFT LEFT COUNT 2 BULK x", "-ERR syntax error")]
    [InlineData("LMOVEM l m LEFT LEFT COUNT 0 BULK", "-ERR count should be greater than 0")]
    [InlineData("LMOVEM s m LEFT LEFT COUNT 1 BULK", "-WRONGTYPE Operation against a key holding the wrong kind of value")]
    [InlineData("LMOVEM l s LEFT LEFT COUNT 1 BULK", "-WRONGTYPE Operation against a key holding the wrong kind of value")]
    public void LMoveM_that_cannot_move_changes_nothing(string command, string reply)
    {
        using var client = new DatabaseClient();
        client.Run("RPUSH l a b");
        client.Run("SET s x");
        client.TakeEvents();
        Assert.Equal(reply, client.Run(command));
        Assert.DoesNotContain(client.TakeEvents(), static text => !text.StartsWith("keymiss", StringComparison.Ordinal));
        Assert.Equal("*2 a b", client.Run("LRANGE l 0 -1"));
    }
}
