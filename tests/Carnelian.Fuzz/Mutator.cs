namespace Carnelian.Fuzz;

/// <summary>
/// Makes new inputs from the corpus: a few random edits each, among them the ones that trouble parsers (cut short, repeated parts, other
/// numbers, words of the format, two inputs spliced).
/// </summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> dictionary, int maxLength)
{
    private static readonly string[] s_numbers =
    [
        "0", "1", "-1", "9", "10", "99", "100", "16384", "65536", "2147483647", "2147483648", "-2147483648", "4294967296",
        "9223372036854775807", "9223372036854775808", "18446744073709551616", "00", "+1", "1e9",
    ];

    private byte[] _buffer = new byte[2 * maxLength];
    private int _length;

    /// <summary>The next input; valid until the next call.</summary>
    public ReadOnlySpan<byte> Next()
    {
        byte[] seed = corpus[random.Next(corpus.Count)];
        _length = Math.Min(seed.Length, maxLength);
        seed.AsSpan(0, _length).CopyTo(_buffer);
        int edits = 1 + random.Next(random.Next(4) == 0 ? 12 : 3);
        for (int i = 0; i < edits; i++) Edit();
        return _buffer.AsSpan(0, _length);
    }

    private void Edit()
    {
        int at = random.Next(_length + 1);
        switch (random.Next(10))
        {
            case 0 when at < _length:
                _buffer[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < _length:
                _buffer[at] = (byte)random.Next(256);
                break;
            case 2:
                Remove(at, random.Next(1, 9));
                break;
            case 3:
                _length = at;
                break;
            case 4:
                int from = random.Next(_length + 1);
                Insert(at, _buffer.AsSpan(from, Math.Min(_length - from, random.Next(1, 33))).ToArray());
                break;
            case 5:
                ReplaceNumber(at);
                break;
            case 6:
                byte[] other = corpus[random.Next(corpus.Count)];
                int start = random.Next(other.Length + 1);
                Insert(at, other.AsSpan(start, random.Next(other.Length - start + 1)));
                break;
            case 7:
                Insert(at, [(byte)random.Next(256)]);
                break;
            default:
                if (dictionary.Count > 0) Insert(at, dictionary[random.Next(dictionary.Count)]);
                break;
        }
    }

    private void ReplaceNumber(int near)
    {
        int begin = near;
        while (begin < _length && !char.IsAsciiDigit((char)_buffer[begin])) begin++;
        int end = begin;
        while (end < _length && char.IsAsciiDigit((char)_buffer[end])) end++;
        if (begin == end) return;
        Remove(begin, end - begin);
        string number = random.Next(3) == 0 ? random.Next(200).ToString() : s_numbers[random.Next(s_numbers.Length)];
        Insert(begin, System.Text.Encoding.ASCII.GetBytes(number));
    }

    private void Remove(int at, int count)
    {
        count = Math.Min(count, _length - at);
        _buffer.AsSpan(at + count, _length - at - count).CopyTo(_buffer.AsSpan(at));
        _length -= count;
    }

    private void Insert(int at, ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, maxLength - _length);
        if (count <= 0) return;
        _buffer.AsSpan(at, _length - at).CopyTo(_buffer.AsSpan(at + count));
        bytes[..count].CopyTo(_buffer.AsSpan(at));
        _length += count;
    }
}
