using System.Text;
using Carnelian.Storage;
using Carnelian.Storage.Loading;
using Carnelian.Text;

namespace Carnelian.Persistence.Rdb;

/// <summary>Carries a file over into another format, key by key: it never has more than one value in memory.</summary>
/// <remarks>One thread.</remarks>
public sealed class RdbConverter : IRdbKeySink
{
    private const int MostDetails = 100;

    private readonly RdbFileWriter _writer;
    private readonly AccessClock _access = new();
    private readonly long _now;
    private readonly Dictionary<string, long> _losses = [];
    private readonly List<string> _details = [];
    private ulong _database;

    /// <summary>Makes a converter.</summary>
    /// <param name="writer">The new file, of which nothing is written.</param>
    /// <param name="version">The version of this program.</param>
    /// <param name="now">The time, in milliseconds of Unix time.</param>
    public RdbConverter(RdbFileWriter writer, string version, long now)
    {
        _writer = writer;
        _now = now;
        writer.Entries.DropsFieldDeadlines = true;
        writer.WriteVersions(version);
    }

    /// <summary>The number of keys that were written.</summary>
    public long Keys { get; private set; }

    /// <summary>The number of databases with keys.</summary>
    public int Databases { get; private set; }

    /// <summary>The number of libraries of functions.</summary>
    public int Functions { get; private set; }

    /// <summary>What had no equivalent, and how often; empty if all had one.</summary>
    public IReadOnlyDictionary<string, long> Losses => _losses;

    /// <summary>The keys whose values had no equivalent, or only the first of them.</summary>
    public IReadOnlyList<string> Details => _details;

    /// <summary>Takes a fact on the file; those on the program that wrote it are our own.</summary>
    public void TakeAux(string name, string value)
    {
        if (name is not ("redis-ver" or "valkey-ver" or "carnelian-ver" or "redis-bits"))
            _writer.WriteAux(name, value);
    }

    /// <summary>Takes a library of functions.</summary>
    public void TakeFunction(byte[] library)
    {
        Functions++;
        _writer.WriteFunction(library);
    }

    /// <inheritdoc/>
    public void Select(ulong database)
    {
        Databases++;
        _database = database;
        _writer.SelectDatabase((int)database);
    }

    /// <inheritdoc/>
    public void Size(ulong keys, ulong volatileKeys) => _writer.WriteSize((long)keys, (long)volatileKeys);

    /// <inheritdoc/>
    public unsafe void Take(in Key key, in LoadedValue value, long deadline, long idle, int frequency)
    {
        Entry entry = value.ToEntry(key, deadline);
        RdbEntryWriter writer = _writer.Entries;
        writer.Note = idle >= 0 ? AccessNote.Idle : frequency >= 0 ? AccessNote.Frequency : AccessNote.None;
        entry.AccessBits = idle >= 0 ? AccessClock.BitsForIdle(idle, _now) : frequency >= 0 ? AccessClock.BitsForFrequency(frequency, _now) : 0;
        if (writer.LosesFieldDeadlines(entry))
            Lose(key, "deadlines of fields of a hash");
        writer.WriteEntry(entry, _access, _now);
        value.Free();
        entry.FreeShell();
        Keys++;
    }

    /// <inheritdoc/>
    public void Skip(in Key key, string module) => Lose(key, $"value of the module type {module}, left out with its key");

    /// <inheritdoc/>
    public void LoseMetadata(in Key key) => Lose(key, "metadata of modules");

    private void Lose(in Key key, string what)
    {
        _losses[what] = _losses.GetValueOrDefault(what) + 1;
        if (_details.Count < MostDetails)
            _details.Add($"database {_database}, key {Encoding.ASCII.GetString(Quoting.Represent(key.Bytes))}: {what}");
    }
}
