using System.Globalization;
using System.Text;
using Carnelian.Storage.Packed;
using Carnelian.Tests.Configuration;

namespace Carnelian.Tests.Storage.Packed;

/// <summary>The pack against a plain list of strings, and its bytes against those that the format has.</summary>
public sealed unsafe class ListPackTests
{
    // The lengths at which the encoding of a string or of the length behind it changes, each with its neighbours.
    private static readonly int[] s_lengths = [0, 1, 2, 19, 20, 21, 62, 63, 64, 65, 124, 125, 126, 127, 128, 4094, 4095, 4096, 4097, 16376, 16377, 16378, 16379, 16383, 16384, 70000];

    private static readonly long[] s_integers =
    [
        0, 1, 126, 127, 128, 4094, 4095, 4096, 32766, 32767, 32768, (1 << 23) - 1, 1 << 23, int.MaxValue, int.MaxValue + 1L, long.MaxValue - 1, long.MaxValue,
        -1, -2, -4095, -4096, -4097, -32767, -32768, -32769, -(1 << 23), -(1 << 23) - 1, int.MinValue, int.MinValue - 1L, long.MinValue + 1, long.MinValue,
    ];

    // What looks like a number and is none: its text would not come back.
    private static readonly string[] s_almostNumbers = ["-", "+1", "01", "-0", " 1", "1 ", "1.0", "9223372036854775808", "-9223372036854775809", "18446744073709551615", "1e3", "--1"];

    [Theory]
    [InlineData(1, 40, 400, 2000)]
    [InlineData(2, 4, 20000, 600)]
    [InlineData(3, 300, 20, 4000)]
    [InlineData(4, 1500, 70, 4000)]
    public void Random_changes_leave_what_a_list_has(int seed, int mostElements, int mostLength, int steps)
    {
        var random = new Random(seed);
        var model = new List<byte[]>();
        ListPack pack = ListPack.Create(random.Next(100));
        for (int step = 0; step < steps; step++)
        {
            pack = Change(pack, model, random, mostElements, mostLength);
            AssertEqual(model, pack, isWhole: step % 16 == 0);
        }
        pack.Free();
    }

    [Fact]
    public void Every_boundary_of_length_and_integer_reads_back()
    {
        byte[][] values = Boundaries();
        ListPack forwards = ListPack.Create(), backwards = ListPack.Create();
        var expectedBytes = (long)ListPack.EmptySize;
        foreach (byte[] value in values)
        {
            forwards = forwards.Append(value);
            backwards = backwards.Prepend(value);
            expectedBytes += ListPack.SizeFor(value);
        }

        AssertEqual([.. values], forwards, isWhole: true);
        AssertEqual([.. values.Reverse()], backwards, isWhole: true);
        Assert.Equal(expectedBytes, forwards.Bytes);
        forwards.Free();
        backwards.Free();
    }

    [Fact]
    public void Integers_are_kept_in_as_few_bytes_as_the_format_has()
    {
        foreach (long value in s_integers)
        {
            int expected = value switch
            {
                >= 0 and <= 127 => 1,
                >= -4096 and <= 4095 => 2,
                >= short.MinValue and <= short.MaxValue => 3,
                >= -(1 << 23) and < 1 << 23 => 4,
                >= int.MinValue and <= int.MaxValue => 5,
                _ => 9,
            };
            ListPack pack = ListPack.Create().Append(value);
            ListPack fromText = ListPack.Create().Append(Text(value.ToString(CultureInfo.InvariantCulture)));
            Assert.Equal(ListPack.EmptySize + expected + 1, pack.Bytes);
            Assert.Equal(ListPack.SizeFor(value), expected + 1);
            Assert.Equal(pack.AsSpan(), fromText.AsSpan());
            PackedValue read = ListPack.Read(pack.First);
            Assert.True(read.IsInteger);
            Assert.Equal(value, read.Integer);
            Assert.Equal(value.ToString(CultureInfo.InvariantCulture).Length, read.StringLength);
            pack.Free();
            fromText.Free();
        }
    }

    [Fact]
    public void What_only_looks_like_an_integer_stays_a_string()
    {
        foreach (string text in s_almostNumbers)
        {
            ListPack pack = ListPack.Create().Append(Text(text));
            Assert.False(ListPack.Read(pack.First).IsInteger, text);
            Assert.Equal(text, Encoding.Latin1.GetString(Bytes(pack.First)));
            pack.Free();
        }
    }

    [Fact]
    public void Elements_from_65535_on_are_counted_by_walking()
    {
        ListPack pack = ListPack.Create();
        for (int count = 1; count <= 65537; count++)
        {
            pack = pack.Append(count & 127);
            if (count < 65533)
                continue;
            Assert.Equal(Math.Min(count, 65535), *(ushort*)(pack.Address + 4));
            Assert.Equal(count, pack.Count);
            Assert.Equal((count & 127).ToString(CultureInfo.InvariantCulture), Encoding.Latin1.GetString(Bytes(pack.At(count - 1))));
            Assert.Equal("1", Encoding.Latin1.GetString(Bytes(pack.At(-count))));
            Assert.True(pack.At(count) == null);
            Assert.True(pack.At(-count - 1) == null);
            Assert.True(ListPack.IsValid(pack.AsSpan(), out int counted));
            Assert.Equal(count, counted);
        }
        pack = pack.Remove(pack.At(10), 3, out _);
        Assert.Equal(65535, *(ushort*)(pack.Address + 4));
        Assert.Equal(65534, pack.Count);
        Assert.Equal(65534, *(ushort*)(pack.Address + 4));

        ListPack joined = pack.Copy().AppendAll(pack);
        Assert.Equal(2 * 65534, joined.Count);
        Assert.True(ListPack.IsValid(joined.AsSpan()));
        pack.Free();
        joined.Free();
    }

    [Fact]
    public void Find_compares_values_and_leaves_elements_out()
    {
        ListPack pack = ListPack.Create();
        foreach (string element in (string[])["a", "1", "1", "a", "-300", "bb", "70000", "01"])
            pack = pack.Append(Text(element));

        Assert.Equal(0, IndexOf(pack, "a", 0));
        Assert.Equal(1, IndexOf(pack, "1", 0));
        Assert.Equal(2, IndexOf(pack, "1", 1));
        Assert.Equal(-1, IndexOf(pack, "bb", 1));
        Assert.Equal(5, IndexOf(pack, "bb", 4));
        Assert.Equal(4, IndexOf(pack, "-300", 0));
        Assert.Equal(6, IndexOf(pack, "70000", 0));
        Assert.Equal(7, IndexOf(pack, "01", 0));
        Assert.Equal(-1, IndexOf(pack, "001", 0));
        Assert.Equal(-1, IndexOf(pack, "", 0));
        Assert.True(ListPack.Find(null, "a"u8, 0) == null);
        pack.Free();
    }

    // Read off valkey-server 9.1.2 by DUMP: two hashes, a list, a sorted set, a set.
    [Theory]
    [InlineData("0C00000002008161020101FF", "a", "1")]
    [InlineData(
        "5F0000000400856669656C6406F1FFEF03E0407878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787842F4FFFFFFFFFFFFFF7F09FF",
        "field", "-4097", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "9223372036854775807")]
    [InlineData("1500000004008001DFFF0282303103F200800004FF", "", "-1", "01", "32768")]
    [InlineData("180000000400836F6E650483312E35048374776F040201FF", "one", "1.5", "two", "2")]
    [InlineData("0D0000000200816202C12C02FF", "b", "300")]
    public void The_bytes_are_the_known_ones(string hexadecimal, params string[] values)
    {
        ListPack pack = ListPack.Create();
        foreach (string value in values)
            pack = pack.Append(Text(value));
        Assert.Equal(hexadecimal, Convert.ToHexString(pack.AsSpan()));
        Assert.True(ListPack.IsValid(Convert.FromHexString(hexadecimal), out int count));
        Assert.Equal(values.Length, count);
        pack.Free();
    }

    [Theory]
    [InlineData(125, 1)]
    [InlineData(126, 2)]
    [InlineData(16378, 2)]
    [InlineData(16379, 3)]
    [InlineData(2097146, 3)]
    [InlineData(2097147, 4)]
    [InlineData(268435450, 4)]
    [InlineData(268435451, 5)]
    public void The_length_behind_an_element_has_as_many_bytes_as_it_needs(int length, int expected)
    {
        var value = new byte[length];
        int size = length + (length < 4096 ? 2 : 5);
        Assert.Equal(size + expected, ListPack.SizeFor(value));
        ListPack pack = ListPack.Create().Append("x"u8).Append(value).Append("y"u8);
        Assert.Equal(ListPack.EmptySize + 3 + size + expected + 3, pack.Bytes);
        Assert.True(ListPack.IsValid(pack.AsSpan(), out int count));
        Assert.Equal(3, count);
        Assert.Equal("x", Encoding.Latin1.GetString(Bytes(pack.Previous(pack.Previous(pack.Last)))));
        pack.Free();
    }

    [ValkeyFact]
    public void The_bytes_are_those_of_a_real_server()
    {
        using var server = new ValkeyServer();
        foreach (string setting in (string[])["rdbcompression no", "hash-max-listpack-value 1000000", "hash-max-listpack-entries 1000000"])
            server.Send(["CONFIG", "SET", .. setting.Split(' ')]);
        foreach (byte[] value in Boundaries())
        {
            string text = Encoding.Latin1.GetString(value);
            server.Send("DEL", "k");
            server.Send("HSET", "k", "before", text, text + "x", "-5", "after", text);
            ListPack pack = ListPack.Create().Append("before"u8).Append(value).Append(Text(text + "x")).Append(-5).Append("after"u8).Append(value);
            Assert.Equal(Convert.ToHexString(PackOf(server.Send("DUMP", "k")[0])), Convert.ToHexString(pack.AsSpan()));
            pack.Free();
        }
    }

    [ValkeyFact]
    public void Changes_leave_the_bytes_that_a_real_server_has()
    {
        var random = new Random(11);
        using var server = new ValkeyServer();
        foreach (string setting in (string[])["rdbcompression no", "hash-max-listpack-value 1000000", "hash-max-listpack-entries 1000000"])
            server.Send(["CONFIG", "SET", .. setting.Split(' ')]);
        ListPack pack = ListPack.Create();
        for (int step = 0; step < 2000; step++)
        {
            byte[] field = Text("f" + random.Next(40).ToString(CultureInfo.InvariantCulture));
            byte* at = ListPack.Find(pack.First, field, 1);
            if (random.Next(3) == 0)
            {
                server.Send("HDEL", "k", Encoding.Latin1.GetString(field));
                if (at != null)
                    pack = pack.Remove(at, 2, out _);
            }
            else
            {
                byte[] value = RandomValue(random, 300);
                server.Send("HSET", "k", Encoding.Latin1.GetString(field), Encoding.Latin1.GetString(value));
                pack = at == null ? pack.Append(field).Append(value) : pack.Replace(ListPack.Next(at), value, out _);
            }
            if (pack.IsEmpty)
                Assert.Equal("0", server.Send("EXISTS", "k")[0]);
            else if (step % 10 == 0)
                Assert.Equal(Convert.ToHexString(PackOf(server.Send("DUMP", "k")[0])), Convert.ToHexString(pack.AsSpan()));
        }
        pack.Free();
    }

    [Fact]
    public void Empty_is_the_shortest_valid_pack()
    {
        ListPack pack = ListPack.Create();
        Assert.Equal("07000000" + "0000" + "FF", Convert.ToHexString(pack.AsSpan()));
        Assert.True(pack.IsEmpty);
        Assert.True(pack.First == null && pack.Last == null && pack.At(0) == null && pack.At(-1) == null);
        Assert.True(ListPack.IsValid(pack.AsSpan(), out int count));
        Assert.Equal(0, count);
        for (int length = 0; length < pack.Bytes; length++)
            Assert.False(ListPack.IsValid(pack.AsSpan()[..length]));
        pack.Free();
    }

    [Theory]
    [InlineData("", "no bytes")]
    [InlineData("08000000000000FF", "an element of no kind")]
    [InlineData("08000000000000", "no end")]
    [InlineData("0900000001000501FF01", "more bytes than told")]
    [InlineData("09000000010005FFFF", "a wrong length behind an element")]
    [InlineData("09000000020005" + "01FF", "a wrong number of elements")]
    [InlineData("0A0000000100F5" + "0001FF", "an unknown encoding")]
    [InlineData("0C0000000100F0FFFFFFFF" + "FF", "a length of four gigabytes")]
    [InlineData("0C0000000100F0F9FFFFFF" + "FF", "a length that wraps")]
    [InlineData("0900000001008501FF", "a string beyond the end")]
    [InlineData("090000000100E5" + "01FF", "a long string beyond the end")]
    [InlineData("0900000001000581FF", "a length behind an element that goes on")]
    public void Corrupt_packs_are_refused(string hexadecimal, string why)
    {
        Assert.False(ListPack.IsValid(Convert.FromHexString(hexadecimal)), why);
    }

    [Fact]
    public void A_count_that_is_not_told_is_valid()
    {
        Assert.True(ListPack.IsValid(Convert.FromHexString("09000000FFFF0501FF"), out int count));
        Assert.Equal(1, count);
    }

    // A read behind the bytes shows as an answer that depends on what lies there.
    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void Whatever_passes_the_check_can_be_walked_in_both_directions(int seed)
    {
        var random = new Random(seed);
        int accepted = 0;
        for (int round = 0; round < 30_000; round++)
        {
            ListPack pack = ListPack.Create();
            for (int i = random.Next(6); i >= 0; i--)
                pack = pack.Append(RandomValue(random, 140));
            byte[] bytes = pack.AsSpan().ToArray();
            pack.Free();
            for (int i = random.Next(3); i >= 0; i--)
                Corrupt(ref bytes, random);

            byte[] surrounded = [.. bytes, .. Enumerable.Repeat((byte)random.Next(256), 16)];
            bool isValid = ListPack.IsValid(surrounded.AsSpan(0, bytes.Length), out int count);
            Array.Fill(surrounded, (byte)random.Next(256), bytes.Length, 16);
            Assert.Equal(isValid, ListPack.IsValid(surrounded.AsSpan(0, bytes.Length)));
            if (!isValid)
                continue;
            accepted++;
            pack = ListPack.From(bytes);
            AssertWalks(pack, count);
            pack.Free();
        }
        Assert.InRange(accepted, 1000, 29_000);
    }

    private static void Corrupt(ref byte[] bytes, Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                break;
            case 2:
                bytes[random.Next(6, bytes.Length)] = (byte)(0xF0 + random.Next(16));
                break;
            case 3:
                // Inside of a string nothing is wrong with any byte.
                bytes[random.Next(Math.Max(bytes.Length - 20, 6), bytes.Length)]++;
                break;
            default:
                // A shorter one that says so.
                if (bytes.Length > 8)
                {
                    Array.Resize(ref bytes, random.Next(7, bytes.Length));
                    bytes[^1] = 0xFF;
                    BitConverter.TryWriteBytes(bytes, bytes.Length);
                    bytes[4] = bytes[5] = 0xFF;
                }
                break;
        }
    }

    private static void AssertWalks(ListPack pack, int count)
    {
        var addresses = new List<nint>();
        for (byte* element = pack.First; element != null; element = ListPack.Next(element))
        {
            Bytes(element);
            addresses.Add((nint)element);
        }
        Assert.Equal(count, addresses.Count);
        for (byte* element = pack.Last; element != null; element = pack.Previous(element))
        {
            Assert.Equal(addresses[^1], (nint)element);
            addresses.RemoveAt(addresses.Count - 1);
        }
        Assert.Empty(addresses);
    }

    private static ListPack Change(ListPack pack, List<byte[]> model, Random random, int mostElements, int mostLength)
    {
        byte[] value = RandomValue(random, mostLength);
        int index = model.Count == 0 ? 0 : random.Next(model.Count);
        byte* at = pack.At(index);
        if (model.Count >= mostElements && random.Next(2) == 0)
        {
            int count = random.Next(1, Math.Max(2, mostElements / 4));
            int removed = Math.Min(count, model.Count - index);
            pack = pack.Remove(at, count, out byte* behind);
            model.RemoveRange(index, removed);
            AssertAt(model, index, behind);
            return pack;
        }
        byte* element;
        switch (random.Next(10))
        {
            case 0:
                model.Add(value);
                return pack.Append(value);
            case 1:
                model.Insert(0, value);
                return pack.Prepend(value);
            case 2 when at != null:
                pack = pack.Replace(at, value, out element);
                model[index] = value;
                AssertAt(model, index, element);
                return pack;
            case 3 when at != null:
                long integer = RandomInteger(random);
                pack = pack.Replace(at, integer, out element);
                model[index] = Text(integer.ToString(CultureInfo.InvariantCulture));
                AssertAt(model, index, element);
                return pack;
            case 4 when at != null:
                pack = pack.Remove(at, out element);
                model.RemoveAt(index);
                AssertAt(model, index, element);
                return pack;
            case 5 when at != null && model.Count < mostElements:
                model.Add(model[index]);
                return pack.AppendElement(at);
            case 6 when model.Count < mostElements:
                ListPack other = ListPack.Create();
                for (int i = random.Next(4); i > 0; i--)
                {
                    byte[] added = RandomValue(random, mostLength);
                    other = other.Append(added);
                    model.Add(added);
                }
                pack = pack.AppendAll(other);
                if (!other.IsEmpty)
                {
                    model.Add(Bytes(other.Last).ToArray());
                    pack = pack.AppendElement(other.Last);
                }
                other.Free();
                return pack;
            case 7:
                integer = RandomInteger(random);
                pack = pack.Insert(at == null ? pack.EndMark : at, integer, out element);
                model.Insert(index, Text(integer.ToString(CultureInfo.InvariantCulture)));
                AssertAt(model, index, element);
                return pack;
            case 8:
                ListPack copy = pack.Copy();
                pack.Free();
                return copy;
            default:
                pack = pack.Insert(at == null ? pack.EndMark : at, value, out element);
                model.Insert(index, value);
                AssertAt(model, index, element);
                return pack;
        }
    }

    private static void AssertEqual(List<byte[]> model, ListPack pack, bool isWhole)
    {
        Assert.Equal(model.Count, pack.Count);
        Assert.Equal(model.Count == 0, pack.IsEmpty);
        Assert.True(pack.AllocatedBytes >= pack.Bytes);
        if (model.Count > 0)
        {
            AssertAt(model, 0, pack.First);
            AssertAt(model, model.Count - 1, pack.Last);
            AssertAt(model, model.Count - 1, pack.At(-1));
            AssertAt(model, 0, pack.At(-model.Count));
            AssertAt(model, model.Count / 2, pack.At(model.Count / 2));
        }
        Assert.True(pack.At(model.Count) == null);
        Assert.True(pack.At(-model.Count - 1) == null);
        Assert.True(pack.At(long.MinValue) == null && pack.At(long.MaxValue) == null);
        if (!isWhole)
            return;
        Assert.True(ListPack.IsValid(pack.AsSpan(), out int count));
        Assert.Equal(model.Count, count);
        AssertWalks(pack, count);
        byte* element = pack.First;
        for (int i = 0; i < model.Count; i++, element = ListPack.Next(element))
        {
            AssertAt(model, i, element);
            Assert.True(ListPack.Read(element).Equals(model[i]));
            Assert.False(ListPack.Read(element).Equals([.. model[i], (byte)'x']));
            byte* found = ListPack.Find(pack.First, model[i], 0);
            Assert.True(found != null && found <= element && Bytes(found).SequenceEqual(model[i]));
        }
        Assert.True(element == null);
    }

    private static void AssertAt(List<byte[]> model, int index, byte* element)
    {
        Assert.Equal(index >= model.Count, element == null);
        if (element != null && !Bytes(element).SequenceEqual(model[index]))
            Assert.Equal(Convert.ToHexString(model[index]), Convert.ToHexString(Bytes(element)));
    }

    private static int IndexOf(ListPack pack, string value, int skip)
    {
        byte* found = ListPack.Find(pack.First, Text(value), skip);
        if (found == null)
            return -1;
        int index = 0;
        for (byte* element = pack.First; element != found; element = ListPack.Next(element))
            index++;
        return index;
    }

    private static byte[][] Boundaries() =>
    [
        .. s_lengths.Select(static length => Enumerable.Range(0, length).Select(static i => (byte)('a' + (i % 26))).ToArray()),
        .. s_integers.Select(static value => Text(value.ToString(CultureInfo.InvariantCulture))),
        .. s_almostNumbers.Select(Text),
    ];

    private static byte[] RandomValue(Random random, int mostLength)
    {
        if (random.Next(3) == 0)
            return Text(RandomInteger(random).ToString(CultureInfo.InvariantCulture));
        if (random.Next(20) == 0)
            return Text(s_almostNumbers[random.Next(s_almostNumbers.Length)]);
        int length = random.Next(2) == 0 ? random.Next(Math.Min(mostLength, 8)) : random.Next(mostLength);
        if (random.Next(4) == 0)
        {
            int boundary = s_lengths[random.Next(s_lengths.Length)];
            if (boundary <= mostLength)
                length = boundary;
        }
        var value = new byte[length];
        random.NextBytes(value);
        return value;
    }

    private static long RandomInteger(Random random) =>
        random.Next(2) == 0 ? s_integers[random.Next(s_integers.Length)] : random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);

    private static ReadOnlySpan<byte> Bytes(byte* element) => ListPack.Read(element).Bytes(new byte[PackedValue.MostDigits]);

    /// <summary>The pack in what DUMP gives of a small hash: a byte for the type, a length, the pack, and ten bytes.</summary>
    private static byte[] PackOf(string dump)
    {
        byte[] bytes = Text(dump);
        int header = (bytes[1] >> 6) switch { 0 => 2, 1 => 3, _ => 6 };
        return bytes[header..^10];
    }
}
