using System.Text;
using Carnelian.Commands.HyperLogLogs;

namespace Carnelian.Tests.Commands.HyperLogLogs;

/// <summary>Registers in both forms against an array, and the estimate against what was added.</summary>
public sealed class RegisterTests
{
    [Fact]
    public void Dense_registers_read_back_one_by_one_and_all_at_once()
    {
        var random = new Random(1);
        for (int round = 0; round < 20; round++)
        {
            var expected = new byte[HyperLogLogFormat.Registers];
            var dense = new byte[HyperLogLogFormat.DenseRegisterBytes];
            random.NextBytes(dense);
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] = (byte)random.Next(64);
                DenseRegisters.Set(dense, i, expected[i]);
            }
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], DenseRegisters.Get(dense, i));

            var raw = new byte[expected.Length];
            DenseRegisters.MergeInto(dense, raw);
            Assert.Equal(expected, raw);
            var packed = new byte[dense.Length];
            DenseRegisters.Pack(raw, packed);
            Assert.Equal(dense, packed);
        }
    }

    [Fact]
    public void Merging_keeps_the_higher_register()
    {
        var random = new Random(2);
        byte[] first = RandomRegisters(random), second = RandomRegisters(random);
        var dense = new byte[HyperLogLogFormat.DenseRegisterBytes];
        DenseRegisters.Pack(second, dense);
        byte[] merged = [.. first];
        DenseRegisters.MergeInto(dense, merged);
        for (int i = 0; i < merged.Length; i++)
            Assert.Equal(Math.Max(first[i], second[i]), merged[i]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(16)]
    public unsafe void Merging_in_place_keeps_the_highest_of_all_registers(int count)
    {
        if (!DenseRegisters.MergesInPlace)
            return;
        var random = new Random(4);
        byte[][] sources = [.. Enumerable.Range(0, count).Select(_ => RandomRegisters(random))];
        byte* all = Carnelian.Memory.NativeHeap.Allocate((nuint)(count * HyperLogLogFormat.DenseRegisterBytes));
        var addresses = new nint[count];
        for (int i = 0; i < count; i++)
        {
            addresses[i] = (nint)(all + (i * HyperLogLogFormat.DenseRegisterBytes));
            DenseRegisters.Pack(sources[i], new Span<byte>((byte*)addresses[i], HyperLogLogFormat.DenseRegisterBytes));
        }
        var target = new Span<byte>((byte*)addresses[0], HyperLogLogFormat.DenseRegisterBytes);

        DenseRegisters.Merge(addresses, target);

        for (int i = 0; i < HyperLogLogFormat.Registers; i++)
            Assert.Equal(sources.Max(source => source[i]), DenseRegisters.Get(target, i));
        if (count > 1)
        {
            for (int i = 0; i < HyperLogLogFormat.Registers; i++)
                Assert.Equal(sources[1][i], DenseRegisters.Get(new Span<byte>((byte*)addresses[1], HyperLogLogFormat.DenseRegisterBytes), i));
        }
        Carnelian.Memory.NativeHeap.Free(all);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(3)]
    [InlineData(1)]
    public void The_histogram_counts_every_value(int values)
    {
        var random = new Random(3);
        var raw = new byte[HyperLogLogFormat.Registers];
        for (int i = 0; i < raw.Length; i++)
            raw[i] = (byte)random.Next(values);
        var histogram = new int[64];
        DenseRegisters.AddToHistogram(raw, histogram);
        for (int value = 0; value < 64; value++)
            Assert.Equal(raw.Count(register => register == value), histogram[value]);
    }

    [Theory]
    [InlineData(1, 32)]
    [InlineData(2, 3)]
    [InlineData(3, 1)]
    public void Sparse_registers_hold_what_was_raised(int seed, int values)
    {
        var random = new Random(seed);
        var buffer = new byte[64 * 1024];
        var sparse = new SparseRegisters(buffer, SparseRegisters.WriteZeros(buffer, HyperLogLogFormat.Registers));
        var model = new byte[HyperLogLogFormat.Registers];
        int index = 0;
        for (int step = 0; step < 4000; step++)
        {
            // Near each other, in ascending order, or anywhere.
            index = random.Next(3) switch { 0 => random.Next(model.Length), 1 => Math.Min(index + random.Next(4), model.Length - 1), _ => random.Next(Math.Max(index - 5, 0), index + 1) };
            int value = random.Next(1, values + 1);
            var expected = value > model[index] ? SparseRegisters.Outcome.Changed : SparseRegisters.Outcome.Unchanged;
            Assert.Equal(expected, sparse.Raise(index, value, buffer.Length));
            model[index] = Math.Max(model[index], (byte)value);
            if (step % 50 != 0)
                continue;
            var raw = new byte[model.Length];
            Assert.True(SparseRegisters.TryMergeInto(buffer.AsSpan(0, sparse.Length), raw));
            Assert.Equal(model, raw);
            var histogram = new int[64];
            Assert.True(SparseRegisters.TryAddToHistogram(buffer.AsSpan(0, sparse.Length), histogram));
            Assert.Equal(model.Count(static register => register == 0), histogram[0]);
        }
    }

    [Fact]
    public void Sparse_registers_refuse_what_they_cannot_hold()
    {
        var buffer = new byte[64];
        var sparse = new SparseRegisters(buffer, SparseRegisters.WriteZeros(buffer, HyperLogLogFormat.Registers));
        Assert.Equal(SparseRegisters.Outcome.TooLarge, sparse.Raise(5, 33, 64));
        Assert.Equal(SparseRegisters.Outcome.TooLarge, sparse.Raise(5, 32, 3));
        Assert.Equal(2, sparse.Length);
        Assert.Equal(SparseRegisters.Outcome.Changed, sparse.Raise(5, 32, 4));
        Assert.Equal(4, sparse.Length);
    }

    // Run lengths come from clients: whatever they are, nothing outside of them is read or written, and nothing throws.
    [Fact]
    public void Corrupt_runs_do_no_harm()
    {
        var random = new Random(4);
        var raw = new byte[HyperLogLogFormat.Registers];
        for (int round = 0; round < 20_000; round++)
        {
            int length = random.Next(0, 40);
            var buffer = new byte[length + SparseRegisters.MostGrowth + 1];
            random.NextBytes(buffer);
            SparseRegisters.TryMergeInto(buffer.AsSpan(0, length), raw);
            var histogram = new int[64];
            SparseRegisters.TryAddToHistogram(buffer.AsSpan(0, length), histogram);
            var sparse = new SparseRegisters(buffer, length);
            sparse.Raise(random.Next(HyperLogLogFormat.Registers), random.Next(1, 52), length + SparseRegisters.MostGrowth);
            Assert.InRange(sparse.Length, 0, length + SparseRegisters.MostGrowth);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(100_000)]
    [InlineData(2_000_000)]
    public void Estimates_are_near_the_number_of_elements(int count)
    {
        var raw = new byte[HyperLogLogFormat.Registers];
        Span<byte> element = stackalloc byte[8];
        for (long i = 0; i < count; i++)
        {
            BitConverter.TryWriteBytes(element, i * 7919);
            int register = ElementHash.RegisterOf(element, out int rank);
            Assert.InRange(rank, 1, 51);
            raw[register] = Math.Max(raw[register], (byte)rank);
        }
        Span<int> histogram = stackalloc int[64];
        DenseRegisters.AddToHistogram(raw, histogram);
        Assert.InRange(Estimator.Estimate(histogram), (long)(count * 0.96), (long)Math.Ceiling(count * 1.04));
    }

    [Fact]
    public void Full_registers_have_an_estimate()
    {
        Span<int> histogram = stackalloc int[64];
        histogram[51] = HyperLogLogFormat.Registers;
        Assert.True(Estimator.Estimate(histogram) != 0);
        histogram.Clear();
        histogram[0] = HyperLogLogFormat.Registers;
        Assert.Equal(0, Estimator.Estimate(histogram));
    }

    [Fact]
    public void The_self_test_finds_nothing() => Assert.Null(HyperLogLogSelfTest.Run());

    [Fact]
    public void The_hash_is_the_one_of_valkey()
    {
        // PFADD of "a", "b" and "c" to valkey-server 9.1.2, then PFDEBUG DECODE: Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603.
        var found = new SortedDictionary<int, int>();
        foreach (string element in (string[])["a", "b", "c"])
            found[ElementHash.RegisterOf(Encoding.ASCII.GetBytes(element), out int rank)] = rank;
        Assert.Equal([(8436, 1), (12711, 2), (15780, 1)], found.Select(static pair => (pair.Key, pair.Value)));
    }

    private static byte[] RandomRegisters(Random random)
    {
        var raw = new byte[HyperLogLogFormat.Registers];
        for (int i = 0; i < raw.Length; i++)
            raw[i] = (byte)random.Next(64);
        return raw;
    }
}
