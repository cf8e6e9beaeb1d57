using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Storage;
using Carnelian.Storage.Loading;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>A value on its way from a payload into a database.</summary>
public unsafe ref struct DumpedValue : IDisposable
{
    private RdbInput _input;
    private LoadedValue _value;
    private bool _isOwned;

    /// <summary>What is wrong with the payload, as the log tells it.</summary>
    public readonly string Detail => _input.Detail;

    /// <summary>The type of the value that has been read.</summary>
    public readonly Storage.ValueType Type => _value.Type;

    /// <summary>Reads a value.</summary>
    /// <param name="payload">Type and value, in memory that does not move.</param>
    /// <param name="rules">What becomes of it.</param>
    /// <returns>False if it cannot be read.</returns>
    public bool TryRead(ReadOnlySpan<byte> payload, in LoadRules rules)
    {
        _input = new RdbInput((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(payload)), payload.Length);
        _isOwned = _input.TryReadByte(out byte type) && RdbValueReader.TryRead(ref _input, type, rules, out _value);
        return _isOwned;
    }

    /// <summary>Adds the value to a database, under a key that is not there.</summary>
    public void AddTo(Database database, in Key key, long deadline, int accessBits)
    {
        KeyLoader.TryAdd(database, key, _value, deadline, accessBits);
        _isOwned = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOwned)
            _value.Free();
        _input.Dispose();
    }
}
