using System.Globalization;
using System.Text;
using Carnelian.Commands;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;

namespace Carnelian.Server.Commands.Administration;

/// <summary>What DEBUG tells of lists and of packs. All locks are held.</summary>
internal static unsafe class DebugLists
{
    /// <summary>Mixes the elements into a digest.</summary>
    public static void Mix(ref DatasetDigest digest, Entry entry)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        for (ListCursor at = new ListValue(entry).End(last: false); at.Exists; at.MoveNext())
            digest.Mix(at.Value.Bytes(digits));
    }

    /// <summary>Appends the fields that DEBUG OBJECT has for quicklists. Nodes are never compressed.</summary>
    public static void AppendFields(StringBuilder text, Entry entry)
    {
        QuickList list = new ListValue(entry).Nodes;
        double average = (double)list.Count / list.Nodes;
        text.Append(CultureInfo.InvariantCulture, $" ql_nodes:{list.Nodes} ql_avg_node:{average:F2} ql_listpack_max:{list.Fill} ql_compressed:0 ql_uncompressed_size:{list.ContentBytes}");
    }

    /// <summary>DEBUG QUICKLIST: writes the nodes to standard output, with their elements if that is asked for.</summary>
    public static void PrintQuickList(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Database.Peek(ctx.Key(2), ctx.Now);
        if (!entry.Exists)
        {
            ctx.WriteNoSuchKey();
            return;
        }
        if (entry.Encoding != ValueEncoding.QuickList)
        {
            ctx.Reply.Error("ERR Not a quicklist encoded object."u8);
            return;
        }
        QuickList list = new ListValue(entry).Nodes;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"quicklist: {list.Count} elements, {list.Nodes} nodes, fill {list.Fill}");
        bool hasElements = ctx.ArgCount > 3 && Carnelian.Text.AsciiNumber.TryParseInt64(ctx.Arg(3), out long detail) && detail != 0;
        ListCursor at = list.End(last: false);
        foreach (ListNodeInfo node in list.DescribeNodes())
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"node: {(node.IsPlain ? "plain" : "packed")}, {node.Count} elements, {node.Bytes} bytes");
            for (int i = 0; hasElements && i < node.Count; i++, at.MoveNext())
                AppendValue(text, at.Value);
        }
        Console.Out.Write(text);
        ctx.Reply.SimpleString("Quicklist structure printed on stdout"u8);
    }

    /// <summary>DEBUG LISTPACK: writes the elements of a value that is one pack to standard output, of whatever type it is.</summary>
    public static void PrintListPack(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Database.Peek(ctx.Key(2), ctx.Now);
        if (!entry.Exists)
        {
            ctx.WriteNoSuchKey();
            return;
        }
        if (entry.Encoding != ValueEncoding.ListPack)
        {
            ctx.Reply.Error("ERR Not a listpack encoded object."u8);
            return;
        }
        var pack = new ListPack(entry.Collection);
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"listpack: {pack.Count} elements, {pack.Bytes} bytes");
        for (byte* element = pack.First; element != null; element = ListPack.Next(element))
            AppendValue(text, ListPack.Read(element));
        Console.Out.Write(text);
        ctx.Reply.SimpleString("Listpack structure printed on stdout"u8);
    }

    private static void AppendValue(StringBuilder text, PackedValue value)
    {
        const int most = 60;
        if (value.IsInteger)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {value.Integer}");
        else
            text.AppendLine(CultureInfo.InvariantCulture, $"  \"{Encoding.Latin1.GetString(value.Data, Math.Min(value.Length, most))}\" ({value.Length} bytes)");
    }
}
