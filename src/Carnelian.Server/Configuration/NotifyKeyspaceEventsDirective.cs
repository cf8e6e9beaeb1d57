// The directive notify-keyspace-events: one letter a class of events.

using System.Text;

namespace Carnelian.Server.Configuration;

internal sealed class NotifyKeyspaceEventsDirective() : Directive("notify-keyspace-events", DirectiveFlags.None)
{
    /// <summary>The letters in the order in which they are shown; A stands for the ten that follow it.</summary>
    private const string Letters = "Ag$lshzxetdnKEmocSTIV";

    private static readonly KeyspaceEvents[] EventsOfLetters =
    [
        KeyspaceEvents.All,
        KeyspaceEvents.Generic, KeyspaceEvents.String, KeyspaceEvents.List, KeyspaceEvents.Set, KeyspaceEvents.Hash,
        KeyspaceEvents.SortedSet, KeyspaceEvents.Expired, KeyspaceEvents.Evicted, KeyspaceEvents.Stream, KeyspaceEvents.Module,
        KeyspaceEvents.New, KeyspaceEvents.Keyspace, KeyspaceEvents.Keyevent, KeyspaceEvents.KeyMiss,
        KeyspaceEvents.Overwritten, KeyspaceEvents.TypeChanged,
        KeyspaceEvents.Subkeyspace, KeyspaceEvents.Subkeyevent, KeyspaceEvents.SubkeyspaceItem, KeyspaceEvents.SubkeyspaceEvent,
    ];

    public override string Get(ServerConfiguration configuration)
    {
        KeyspaceEvents events = configuration.NotifyKeyspaceEvents;
        // Valkey does not show n beside A; tools compare the text.
        KeyspaceEvents left = (events & KeyspaceEvents.All) == KeyspaceEvents.All ? events & ~KeyspaceEvents.New : events;
        var text = new StringBuilder();
        for (int i = 0; i < Letters.Length; i++)
        {
            if ((left & EventsOfLetters[i]) != EventsOfLetters[i]) continue;
            text.Append(Letters[i]);
            left &= ~EventsOfLetters[i];
        }
        return text.ToString();
    }

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        var events = KeyspaceEvents.None;
        foreach (char c in arguments[0])
        {
            int index = Letters.IndexOf(c);
            if (index < 0) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
            events |= EventsOfLetters[index];
        }
        configuration.NotifyKeyspaceEvents = events;
        return null;
    }

    protected override string WrittenValue(ServerConfiguration configuration) => ConfigurationText.Quote(Get(configuration));
}
