namespace Carnelian.Commands.Hashes;

/// <summary>The fieldsets of a connection: lists of field names that HIMPORT PREPARE has given a name. Few, so they are searched one by one.</summary>
internal sealed class Fieldsets
{
    private readonly List<(byte[] Name, byte[][] Fields)> _sets = [];

    /// <summary>The number of fieldsets.</summary>
    public int Count => _sets.Count;

    /// <summary>The fields of a fieldset in their order; null if there is none of that name.</summary>
    public byte[][]? Find(ReadOnlySpan<byte> name)
    {
        foreach ((byte[] known, byte[][] fields) in _sets)
        {
            if (name.SequenceEqual(known))
                return fields;
        }
        return null;
    }

    /// <summary>Adds a fieldset, in the place of one that has the name.</summary>
    public void Add(ReadOnlySpan<byte> name, byte[][] fields)
    {
        Remove(name);
        _sets.Add((name.ToArray(), fields));
    }

    /// <summary>Removes a fieldset.</summary>
    /// <returns>Whether there was one of that name.</returns>
    public bool Remove(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < _sets.Count; i++)
        {
            if (!name.SequenceEqual(_sets[i].Name))
                continue;
            _sets.RemoveAt(i);
            return true;
        }
        return false;
    }
}
