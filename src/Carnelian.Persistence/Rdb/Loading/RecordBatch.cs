using Carnelian.Memory;
using Carnelian.Storage;

namespace Carnelian.Persistence.Rdb.Loading;

/// <summary>Whole records of one database, on their way to a thread that loads them.</summary>
internal sealed unsafe class RecordBatch : IDisposable
{
    /// <summary>The bytes that there is room for.</summary>
    public const int Capacity = 1024 * 1024;

    /// <summary>The bytes.</summary>
    public byte* Data { get; private set; } = NativeHeap.Allocate(Capacity);

    /// <summary>Their number.</summary>
    public int Length { get; set; }

    /// <summary>Where they go.</summary>
    public Database? Database { get; set; }

    /// <summary>Their place in the file.</summary>
    public long Offset { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free(Data);
        Data = null;
    }
}
