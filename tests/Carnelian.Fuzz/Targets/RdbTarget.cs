using Carnelian.Persistence.Rdb;
using Carnelian.Storage;

namespace Carnelian.Fuzz.Targets;

/// <summary>Whole files, whose checksum is not looked at: they are loaded, from a source that gives a few bytes at a time, and what was loaded is freed.</summary>
internal sealed class RdbTarget : FuzzTarget
{
    private readonly Keyspace _keyspace = new(2, 1);

    public override string Name => "rdb";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        "REDIS0011"u8.ToArray(), "REDIS0012"u8.ToArray(), "REDIS0015"u8.ToArray(), "REDIS0003"u8.ToArray(), "VALKEY080"u8.ToArray(), [0xFA, 1, 97, 1, 98], [0xFE, 0], [0xFE, 1], [0xFB, 1, 1], [0xF2, 0, 1, 1, 97], [0xF3, 1, 0, 0, 0, 0, 0], [0xF4, 1, 1, 1], [0xF5, 1, 97],
        [0xF7, 1, 2, 1, 0], [0xF8, 5], [0xF9, 5], [0xFC, 0, 0, 0, 0, 0, 0, 0, 1], [0xFD, 0, 0, 0, 1], [0xFF], [0xF3, 1, 97, 1, 0, 5], [0, 1, 107, 1, 118], [7, 1, 107, 1, 2, 5, 5, 1, 97, 0],
        [0x81, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [22, 1, 107, 1, 1, 97, 1, 98, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        [30, 1, 107, 11, 11, 0, 0, 0, 2, 0, 0, 1, 1, 1, 0xFF], [32, 1, 107, 0, 1, 118],
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        var options = new RdbLoadOptions
        {
            Limits = ValueUse.Limits,
            Now = 1_000_000,
            ChecksSum = false,
            SkipsModules = input.Length % 2 == 0,
            TriesUnknownVersions = input.Length % 3 == 0,
        };
        _ = new RdbLoader(_keyspace, options).Load(new Pieces(input.ToArray()), out _);
        _keyspace[0].Clear(isLazy: false);
        _keyspace[1].Clear(isLazy: false);
    }

    public override void Dispose() => _keyspace.Dispose();

    /// <summary>Gives bytes in pieces of changing sizes, and tells how many there are only at times.</summary>
    private sealed class Pieces(byte[] bytes) : RdbSource
    {
        private int _at;

        public override long Remaining => bytes.Length % 5 == 0 ? long.MaxValue : bytes.Length - _at;

        public override int Read(Span<byte> target)
        {
            int size = Math.Min(Math.Min(target.Length, bytes.Length - _at), 1 + (_at * 7 % 61));
            bytes.AsSpan(_at, size).CopyTo(target);
            _at += size;
            return size;
        }
    }
}
