using System.Runtime.CompilerServices;

namespace Carnelian.Storage.Loading;

/// <summary>
/// A value that was read from outside and is in no database yet: <see cref="KeyLoader"/> puts it there. Whoever has it owns what it points to.
/// </summary>
/// <remarks>A string of up to <see cref="Entry.InlineLimit"/> bytes is only referred to: it lies where it was read, until that is used again.</remarks>
public readonly unsafe struct LoadedValue
{
    private LoadedValue(ValueType type, ValueEncoding encoding, byte* data, long number)
    {
        Type = type;
        Encoding = encoding;
        Data = data;
        Number = number;
    }

    /// <summary>What it is.</summary>
    public ValueType Type { get; }

    /// <summary>How it is held.</summary>
    public ValueEncoding Encoding { get; }

    /// <summary>The first byte of a short string, the address of a block or of a collection; null for an integer.</summary>
    public byte* Data { get; }

    /// <summary>The integer, or the length of a short string.</summary>
    public long Number { get; }

    /// <summary>Whether it is more than a string.</summary>
    public bool IsCollection => Encoding > ValueEncoding.Block;

    /// <summary>A string that is the decimal form of an integer.</summary>
    public static LoadedValue OfInteger(long value) => new(ValueType.String, ValueEncoding.Integer, null, value);

    /// <summary>A short string, which belongs to somebody else.</summary>
    public static LoadedValue OfText(byte* data, int length) => new(ValueType.String, ValueEncoding.Inline, data, length);

    /// <summary>A long string.</summary>
    public static LoadedValue OfBlock(StringBlock block) => new(ValueType.String, ValueEncoding.Block, block.Address, 0);

    /// <summary>A collection.</summary>
    public static LoadedValue OfCollection(ValueType type, ValueEncoding encoding, byte* address) => new(type, encoding, address, 0);

    /// <summary>Frees a value that goes nowhere.</summary>
    public void Free()
    {
        if (Encoding == ValueEncoding.Block)
            StringBlock.Release(Data);
        else if (IsCollection)
            CollectionType.Of(Type).Free(Encoding, Data);
    }

    /// <summary>The entry of a key with this value, which it takes over.</summary>
    internal Entry ToEntry(in Key key, long deadline)
    {
        switch (Encoding)
        {
            case ValueEncoding.Integer:
                return Entry.CreateInteger(key, Number, deadline);
            case ValueEncoding.Inline:
                Entry entry = Entry.Create(key, ValueType.String, ValueEncoding.Inline, (int)Number, deadline);
                Unsafe.CopyBlockUnaligned(entry.ValueData, Data, (uint)Number);
                return entry;
            case ValueEncoding.Block:
                return Entry.CreateBlock(key, new StringBlock(Data), deadline);
            default:
                return Entry.CreateCollection(key, Type, Encoding, Data, deadline);
        }
    }
}
