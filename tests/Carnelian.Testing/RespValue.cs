using System.Globalization;
using System.Text;

namespace Carnelian.Testing;

/// <summary>A parsed reply. Strings hold one character per byte, so that binary data survives.</summary>
/// <param name="Type">The first byte of the reply, such as '$' or '*'.</param>
/// <param name="Text">The line or the string; null for a null or an aggregate.</param>
/// <param name="Items">The elements of an aggregate (keys and values of a map in turn); null otherwise.</param>
public sealed record RespValue(char Type, string? Text, IReadOnlyList<RespValue>? Items)
{
    public bool IsError => Type is '-' or '!';

    public bool IsNull => Type == '_' || (Text is null && Items is null);

    /// <summary>The text, with an empty string for a null or an aggregate.</summary>
    public string Value => Text ?? "";

    /// <summary>The elements, none for anything but an aggregate.</summary>
    public IReadOnlyList<RespValue> Elements => Items ?? [];

    public bool TryInteger(out long value) => long.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    /// <summary>Parses one whole reply.</summary>
    public static RespValue Parse(ReadOnlySpan<byte> frame)
    {
        int position = 0;
        return Parse(frame, ref position);
    }

    private static RespValue Parse(ReadOnlySpan<byte> bytes, ref int position)
    {
        char type = (char)bytes[position];
        int line = bytes[position..].IndexOf("\r\n"u8);
        string head = Encoding.Latin1.GetString(bytes.Slice(position + 1, line - 1));
        position += line + 2;
        if (type is '+' or '-' or ':' or ',' or '#' or '_' or '(')
            return new RespValue(type, type == '_' ? null : head, null);
        int length = int.Parse(head, CultureInfo.InvariantCulture);
        if (length < 0)
            return new RespValue(type, null, null);
        if (type is '$' or '=' or '!')
        {
            string text = Encoding.Latin1.GetString(bytes.Slice(position, length));
            position += length + 2;
            return new RespValue(type, text, null);
        }

        var items = new RespValue[type is '%' or '|' ? 2 * length : length];
        for (int i = 0; i < items.Length; i++)
            items[i] = Parse(bytes, ref position);
        // An attribute only comments the reply behind it.
        return type == '|' ? Parse(bytes, ref position) : new RespValue(type, null, items);
    }

    /// <summary>Whether two replies are equal to the byte, types included.</summary>
    public bool SameAs(RespValue other) =>
        Type == other.Type && Text == other.Text && (Items is null) == (other.Items is null)
        && Elements.Count == other.Elements.Count && Elements.Zip(other.Elements).All(pair => pair.First.SameAs(pair.Second));

    public override string ToString() => ToText(this);

    private static string ToText(RespValue value) => value switch
    {
        { IsNull: true } => "(nil)",
        { Items: { } items } => $"{value.Type}[{string.Join(", ", items.Select(ToText))}]",
        { Type: '$' } => CommandText.Quote(Encoding.Latin1.GetBytes(value.Value)),
        _ => value.Type + CommandText.Escape(Encoding.Latin1.GetBytes(value.Value)),
    };
}
