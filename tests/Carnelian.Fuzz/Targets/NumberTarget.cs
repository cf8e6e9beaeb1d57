using System.Globalization;
using Carnelian.Text;

namespace Carnelian.Fuzz.Targets;

/// <summary>Numbers as clients and configuration files write them: what is accepted reads back, and .NET's reader agrees.</summary>
internal sealed unsafe class NumberTarget : FuzzTarget
{
    private readonly byte[] _text = new byte[LongDouble.MaxFormattedLength];

    public override string Name => "number";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        "-"u8.ToArray(), "+"u8.ToArray(), "."u8.ToArray(), "e"u8.ToArray(), "e-"u8.ToArray(), "inf"u8.ToArray(), "nan"u8.ToArray(), "0x"u8.ToArray(), "p"u8.ToArray(),
        "00000000000000000000"u8.ToArray(), "99999999999999999999"u8.ToArray(), "e308"u8.ToArray(), "e-324"u8.ToArray(), "gb"u8.ToArray(), "k"u8.ToArray(),
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        byte* digits = stackalloc byte[NumberFormat.MaxDoubleLength];
        if (AsciiNumber.TryParseInt64(input, out long integer))
        {
            int length = NumberFormat.WriteInt64(digits, integer);
            if (!new ReadOnlySpan<byte>(digits, length).SequenceEqual(input)) throw new FuzzFailure("an integer has two spellings");
        }
        if (AsciiNumber.TryParseDouble(input, out double number))
        {
            int length = NumberFormat.WriteDouble(digits, number);
            if (!AsciiNumber.TryParseDouble(new ReadOnlySpan<byte>(digits, length), out double read) || !read.Equals(number))
            {
                throw new FuzzFailure($"{number:R} does not read back");
            }
            if (double.IsFinite(number)
                && (!double.TryParse(input, NumberStyles.Float, CultureInfo.InvariantCulture, out double other) || !other.Equals(number)))
            {
                throw new FuzzFailure($"{number:R} is {other:R} elsewhere");
            }
            if (!LongDouble.TryParse(input, out _) && input.Length <= LongDouble.MaxParsedLength)
            {
                throw new FuzzFailure("a double is not a long double");
            }
        }
        if (LongDouble.TryParse(input, out LongDouble extended))
        {
            LongDouble twice = LongDouble.Add(extended, extended);
            int length = twice.Format(_text);
            if (twice.IsFinite && !LongDouble.TryParse(_text.AsSpan(0, length), out _)) throw new FuzzFailure("a sum does not read back");
        }
        MemoryUnits.TryParse(input, out _);
    }
}
