using System.Globalization;
using System.Text;

namespace Carnelian.Persistence.Rdb;

/// <summary>
/// Writes an RDB file from its magic to its checksum; the keys between come from <see cref="Entries"/>, or as bytes that such a writer has made before.
/// </summary>
/// <remarks>One thread at a time. An error is the output's to remember.</remarks>
public sealed class RdbFileWriter : IRdbOutput, IDisposable
{
    private readonly IRdbOutput _output;
    private readonly bool _hasChecksum;
    private ulong _checksum;

    /// <summary>Makes a writer.</summary>
    /// <param name="output">Where the bytes go, in pieces of some 256 KB.</param>
    /// <param name="profile">Whom the file is for.</param>
    /// <param name="hasChecksum">Whether the file ends with a checksum, or with zeros: <c>rdbchecksum</c>.</param>
    public RdbFileWriter(IRdbOutput output, RdbProfile profile, bool hasChecksum = true)
    {
        _output = output;
        _hasChecksum = hasChecksum;
        Buffer = new RdbBuffer(this);
        Entries = new RdbEntryWriter(Buffer, profile);
    }

    /// <summary>What is written goes through here, bytes made elsewhere too.</summary>
    public RdbBuffer Buffer { get; }

    /// <summary>Writes keys into <see cref="Buffer"/>.</summary>
    public RdbEntryWriter Entries { get; }

    /// <summary>Writes magic, version and what is known of the server.</summary>
    /// <param name="version">The version of this server.</param>
    /// <param name="now">The time of what is written, in seconds of Unix time.</param>
    /// <param name="usedMemory">The memory in use, in bytes.</param>
    public void WriteHeader(string version, long now, long usedMemory)
    {
        WriteVersions(version);
        WriteAux("ctime", now);
        WriteAux("used-mem", usedMemory);
    }

    /// <summary>Writes magic, version and by what program the file is; the first half of <see cref="WriteHeader"/>.</summary>
    /// <param name="version">The version of this server.</param>
    public void WriteVersions(string version)
    {
        RdbProfile profile = Entries.Profile;
        Buffer.WriteRaw(Encoding.ASCII.GetBytes(profile.Magic));
        WriteAux(profile.IsValkey ? "valkey-ver" : "redis-ver", profile.ServerVersion);
        WriteAux("redis-bits", 64);
        WriteAux("carnelian-ver", version);
    }

    /// <summary>Writes a fact on the file.</summary>
    public void WriteAux(string name, string value)
    {
        Buffer.WriteByte(RdbOpcode.Aux);
        Buffer.WriteString(Encoding.ASCII.GetBytes(name));
        Buffer.WriteString(Encoding.ASCII.GetBytes(value));
    }

    /// <summary>Writes a fact on the file that is a number.</summary>
    public void WriteAux(string name, long value) => WriteAux(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes a library of functions.</summary>
    public void WriteFunction(ReadOnlySpan<byte> library)
    {
        Buffer.WriteByte(RdbOpcode.Function2);
        Buffer.WriteString(library);
    }

    /// <summary>Says what database the next keys are in.</summary>
    public void SelectDatabase(int database)
    {
        Buffer.WriteByte(RdbOpcode.SelectDatabase);
        Buffer.WriteLength((ulong)database);
    }

    /// <summary>Says how large the database that was selected is, so that whoever loads it can make room.</summary>
    /// <param name="keys">The number of its keys.</param>
    /// <param name="volatileKeys">How many of them have a deadline.</param>
    public void WriteSize(long keys, long volatileKeys)
    {
        Buffer.WriteByte(RdbOpcode.ResizeDatabase);
        Buffer.WriteLength((ulong)keys);
        Buffer.WriteLength((ulong)volatileKeys);
    }

    /// <summary>Writes the end, and empties the buffer into the output.</summary>
    public void WriteEnd()
    {
        Buffer.WriteByte(RdbOpcode.End);
        Buffer.Flush();
        Buffer.WriteInt64((long)_checksum);
        Buffer.Flush();
    }

    /// <inheritdoc/>
    void IRdbOutput.Write(ReadOnlySpan<byte> bytes)
    {
        if (_hasChecksum)
            _checksum = Crc64.Append(_checksum, bytes);
        _output.Write(bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Entries.Dispose();
        Buffer.Dispose();
    }
}
