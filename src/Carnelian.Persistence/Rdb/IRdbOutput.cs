namespace Carnelian.Persistence.Rdb;

/// <summary>Where the bytes of an <see cref="RdbBuffer"/> go when it is full.</summary>
public interface IRdbOutput
{
    /// <summary>Takes bytes. An error is the output's to remember: whoever fills the buffer asks for it now and then, and at the end.</summary>
    void Write(ReadOnlySpan<byte> bytes);
}
