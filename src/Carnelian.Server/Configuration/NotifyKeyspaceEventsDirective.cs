// The directive notify-keyspace-events: one letter a class of events.

using System.Text;

namespace Carnelian.Server.Configuration;

internal sealed class NotifyKeyspaceEventsDirective() : Directive("notify-keyspace-events", DirectiveFlags.None)
{
    /// <summary>The letters in the order in which they are shown; A stands for the ten that follow it.</summary>
    private static readonly (char Letter, KeyspaceEvents Events)[] Letters =
    [
        ('A', KeyspaceEvents.All),
        ('g', KeyspaceEvents.Generic), ('$', KeyspaceEvents.String), ('l', KeyspaceEvents.List), ('s', KeyspaceEvents.Set),
        ('h', KeyspaceEvents.Hash), ('z', KeyspaceEvents.SortedSet), ('x', KeyspaceEvents.Expired), ('e', KeyspaceEvents.Evicted),
        ('t', KeyspaceEvents.Stream), ('d', KeyspaceEvents.Module),
        ('n', KeyspaceEvents.New), ('K', KeyspaceEvents.Keyspace), ('E', KeyspaceEvents.Keyevent), ('m', KeyspaceEvents.KeyMiss),
    ];

    public override string Get(ServerConfiguration configuration)
    {
        KeyspaceEvents events = configuration.NotifyKeyspaceEvents;
        // Valkey does not show n beside A; tools compare the text.
        KeyspaceEvents left = (events & KeyspaceEvents.All) == KeyspaceEvents.All ? events & ~KeyspaceEvents.New : events;
        var text = new StringBuilder();
        foreach ((char letter, KeyspaceEvents member) in Letters)
        {
            if ((left & member) != member) continue;
            text.Append(letter);
            left &= ~member;
        }
        return text.ToString();
    }

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        var events = KeyspaceEvents.None;
        foreach (char c in arguments[0])
        {
            int index = Array.FindIndex(Letters, l => l.Letter == c);
            if (index < 0) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
            events |= Letters[index].Events;
        }
        configuration.NotifyKeyspaceEvents = events;
        return null;
    }

    protected override string WrittenValue(ServerConfiguration configuration) => ConfigurationText.Quote(Get(configuration));
}
