using Carnelian.Storage;

namespace Carnelian.Commands.Hashes;

/// <summary>The fields of a hash to which a command has done the same: how many, and which if anybody wants to know.</summary>
internal struct ChangedFields
{
    private List<byte[]>? _names;

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Counts a field.</summary>
    public void Add(scoped ref CommandContext ctx, ReadOnlySpan<byte> field)
    {
        Count++;
        if (FieldEvents.AreWanted(ref ctx))
            (_names ??= []).Add(field.ToArray());
    }

    /// <summary>Publishes an event of these fields, behind that of their key.</summary>
    public readonly void Publish(scoped ref CommandContext ctx, in Key key, ReadOnlySpan<byte> name)
    {
        if (_names != null)
            ctx.Services.NotifyFields(ctx.Database.Index, name, key.Bytes, _names);
    }
}
