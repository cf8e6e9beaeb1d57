using Carnelian.Storage;

namespace Carnelian.Commands.Keys;

/// <summary>The names of encodings, as OBJECT ENCODING tells them: Valkey's, also where the structure behind is another.</summary>
public static class EncodingNames
{
    /// <summary>How a value is held.</summary>
    public static ReadOnlySpan<byte> Of(Entry entry) => entry.Encoding switch
    {
        ValueEncoding.Integer => "int"u8,
        ValueEncoding.ListPack => "listpack"u8,
        ValueEncoding.IntSet => "intset"u8,
        ValueEncoding.QuickList => "quicklist"u8,
        ValueEncoding.HashTable => "hashtable"u8,
        ValueEncoding.SkipList => "skiplist"u8,
        ValueEncoding.Stream => "stream"u8,
        _ => entry.IsEmbeddedString ? "embstr"u8 : "raw"u8,
    };
}
