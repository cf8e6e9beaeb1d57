using System.Numerics;
using Carnelian.Commands.Bitmaps;

namespace Carnelian.Tests.Commands.Bitmaps;

/// <summary>What counts, finds and combines many bits at once, against loops over single bits.</summary>
public sealed unsafe class BitKernelTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Counts_are_those_of_single_bits(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 400; round++)
        {
            byte[] bytes = RandomBytes(random, random.Next(2500));
            long expected = bytes.Sum(static b => BitOperations.PopCount(b));
            Assert.Equal(expected, BitCounter.Count(bytes));
            Assert.Equal(bytes.Skip(1).Sum(static b => BitOperations.PopCount(b)), bytes.Length == 0 ? 0 : BitCounter.Count(bytes.AsSpan(1)));
            if (bytes.Length == 0)
                continue;
            long first = random.Next(bytes.Length * 8), last = random.NextInt64(first, bytes.Length * 8);
            int ones = 0;
            for (long i = first; i <= last; i++)
                ones += BitAt(bytes, i) ? 1 : 0;
            Assert.Equal(ones, BitCounter.Count(bytes, first, last));
        }
    }

    [Fact]
    public void Ones_only_are_all_counted()
    {
        foreach (int length in (int[])[511, 512, 513, 5000, 1 << 20])
        {
            var bytes = new byte[length];
            Array.Fill(bytes, (byte)0xFF);
            Assert.Equal(length * 8L, BitCounter.Count(bytes));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_first_bit_is_the_one_that_a_walk_meets(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 2000; round++)
        {
            var bytes = new byte[random.Next(1, 80)];
            bool bit = random.Next(2) == 0;
            if (!bit)
                Array.Fill(bytes, (byte)0xFF);
            for (int i = random.Next(3); i > 0; i--)
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            long first = random.Next(bytes.Length * 8), last = random.NextInt64(first, bytes.Length * 8);
            long expected = first;
            while (expected <= last && BitAt(bytes, expected) != bit)
                expected++;
            Assert.Equal(expected <= last ? expected : -1, BitSearch.First(bytes, bit, first, last));
        }
    }

    [Fact]
    public void Combinations_are_those_of_single_bits()
    {
        var random = new Random(5);
        foreach (BitOperation operation in Enum.GetValues<BitOperation>())
        {
            for (int round = 0; round < 60; round++)
            {
                int least = operation is BitOperation.Diff or BitOperation.Diff1 or BitOperation.AndOr ? 2 : 1;
                byte[][] inputs = new byte[operation == BitOperation.Not ? 1 : random.Next(least, 6)][];
                for (int i = 0; i < inputs.Length; i++)
                    inputs[i] = RandomBytes(random, random.Next(3) == 0 ? random.Next(10_000) : random.Next(300));
                byte[] expected = new byte[inputs.Max(static input => input.Length)];
                for (int i = 0; i < expected.Length; i++)
                    expected[i] = ByteOf(operation, [.. inputs.Select(input => i < input.Length ? input[i] : (byte)0)]);
                Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(Combine(operation, inputs, expected.Length)));
            }
        }
    }

    private static byte ByteOf(BitOperation operation, byte[] bytes)
    {
        int result = 0;
        for (int bit = 0; bit < 8; bit++)
        {
            bool[] values = [.. bytes.Select(b => (b >> bit & 1) != 0)];
            bool others = values.Skip(1).Any(static value => value);
            bool isSet = operation switch
            {
                BitOperation.And => values.All(static value => value),
                BitOperation.Or => values[0] || others,
                BitOperation.Xor => values.Count(static value => value) % 2 == 1,
                BitOperation.Not => !values[0],
                BitOperation.Diff => values[0] && !others,
                BitOperation.Diff1 => !values[0] && others,
                BitOperation.AndOr => values[0] && others,
                _ => values.Count(static value => value) == 1,
            };
            if (isSet)
                result |= 1 << bit;
        }
        return (byte)result;
    }

    private static byte[] Combine(BitOperation operation, byte[][] inputs, int length)
    {
        var handles = inputs.Select(static input => System.Runtime.InteropServices.GCHandle.Alloc(input, System.Runtime.InteropServices.GCHandleType.Pinned)).ToArray();
        var sources = new BitSource[inputs.Length];
        for (int i = 0; i < inputs.Length; i++)
        {
            sources[i].Data = (byte*)handles[i].AddrOfPinnedObject();
            sources[i].Length = inputs[i].Length;
        }
        var result = new byte[length];
        BitCombination.Combine(operation, sources, result);
        foreach (var handle in handles)
            handle.Free();
        return result;
    }

    private static bool BitAt(byte[] bytes, long bit) => (bytes[bit >> 3] >> (int)(7 - (bit & 7)) & 1) != 0;

    private static byte[] RandomBytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
