using System.Globalization;
using System.Runtime.InteropServices;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>
/// What PFSELFTEST does on the machine at hand: registers read back what was written, vectors and loops agree, sparse and dense registers
/// give the same estimate, and estimates are as good as they must be.
/// </summary>
internal static class HyperLogLogSelfTest
{
    private const int Rounds = 200;
    private const int MostElements = 1_000_000;

    /// <summary>Runs all checks.</summary>
    /// <returns>What does not hold, or null.</returns>
    public static string? Run() => CheckRegisters() ?? CheckEstimates();

    private static string? CheckRegisters()
    {
        var random = new Random(1);
        var dense = new byte[HyperLogLogFormat.DenseRegisterBytes];
        var expected = new byte[HyperLogLogFormat.Registers];
        for (int round = 0; round < Rounds; round++)
        {
            for (int i = 0; i < expected.Length; i++)
            {
                expected[i] = (byte)random.Next(64);
                DenseRegisters.Set(dense, i, expected[i]);
            }
            for (int i = 0; i < expected.Length; i++)
            {
                if (DenseRegisters.Get(dense, i) != expected[i])
                    return string.Create(CultureInfo.InvariantCulture, $"Register {i} should be {expected[i]} but is {DenseRegisters.Get(dense, i)}");
            }
            var raw = new byte[expected.Length];
            DenseRegisters.MergeInto(dense, raw);
            var packed = new byte[dense.Length];
            DenseRegisters.Pack(raw, packed);
            if (!raw.AsSpan().SequenceEqual(expected) || !packed.AsSpan().SequenceEqual(dense))
                return "Registers that are expanded and packed should be the same";
        }
        return null;
    }

    private static string? CheckEstimates()
    {
        // The standard error is 1.04 / sqrt(registers); six of them are seen by a real fault only.
        double mostError = 6 * 1.04 / Math.Sqrt(HyperLogLogFormat.Registers);
        var sparse = new byte[64 * 1024];
        var registers = new SparseRegisters(sparse, SparseRegisters.WriteZeros(sparse, HyperLogLogFormat.Registers));
        var dense = new byte[HyperLogLogFormat.DenseRegisterBytes];
        Span<int> histogram = stackalloc int[64];
        bool comparesSparse = true;
        int checkedAt = 1;
        for (int count = 1; count <= MostElements; count++)
        {
            long element = count * 0x1234567L;
            int register = ElementHash.RegisterOf(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(ref element)), out int rank);
            if (DenseRegisters.Get(dense, register) < rank)
                DenseRegisters.Set(dense, register, rank);
            comparesSparse = comparesSparse && registers.Raise(register, rank, 4096) <= SparseRegisters.Outcome.Changed;
            if (count != checkedAt)
                continue;
            checkedAt = Math.Max(checkedAt * 10, 10);
            long estimate = Estimate(dense);
            if (Math.Abs(estimate - count) > Math.Max(mostError * count, count == 10 ? 1 : 0))
                return string.Create(CultureInfo.InvariantCulture, $"Too big error. card:{count} abserr:{Math.Abs(estimate - count)}");
            histogram.Clear();
            if (comparesSparse && (!SparseRegisters.TryAddToHistogram(sparse.AsSpan(0, registers.Length), histogram) || Estimator.Estimate(histogram) != estimate))
                return "dense/sparse disagree";
        }
        return null;
    }

    private static long Estimate(byte[] dense)
    {
        var raw = new byte[HyperLogLogFormat.Registers];
        DenseRegisters.MergeInto(dense, raw);
        Span<int> histogram = stackalloc int[64];
        DenseRegisters.AddToHistogram(raw, histogram);
        return Estimator.Estimate(histogram);
    }
}
