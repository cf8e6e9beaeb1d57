using System.Collections.Concurrent;
using Carnelian.Memory;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Storage;

namespace Carnelian.Persistence.Rdb.Loading;

/// <summary>The threads that load batches of records, while another one reads the file and finds the records in it.</summary>
/// <remarks>The reader's thread calls; batches are loaded on any thread of the crew, or by the reader when the others have enough to do.</remarks>
internal sealed unsafe class LoadCrew : IDisposable
{
    private readonly Keyspace _keyspace;
    private readonly RdbLoadOptions _options;
    private readonly LoadRules _rules;
    private readonly int _version;
    private readonly BlockingCollection<RecordBatch> _full;
    private readonly ConcurrentBag<RecordBatch> _empty = [];
    private readonly Thread[] _threads;
    private readonly RecordLoader _own;
    private RecordBatch _batch;
    private volatile bool _hasFailed;
    private RdbFailure _failure;
    private string _detail = "";
    private long _failedAt;

    public LoadCrew(Keyspace keyspace, RdbLoadOptions options, in LoadRules rules, int version, int threads)
    {
        _keyspace = keyspace;
        _options = options;
        _rules = rules;
        _version = version;
        _full = new BlockingCollection<RecordBatch>(2 * threads);
        _own = new RecordLoader(keyspace, options, rules, version);
        _batch = new RecordBatch();
        _threads = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = "rdb_load" };
            _threads[i].Start();
        }
    }

    /// <summary>Whether a batch could not be loaded.</summary>
    public bool HasFailed => _hasFailed;

    /// <summary>Adds a record to the batch that is being filled.</summary>
    public void Add(byte* record, int length, Database database, long offset)
    {
        if (_batch.Length + length > RecordBatch.Capacity || (_batch.Length != 0 && _batch.Database != database))
            Hand();
        if (_batch.Length == 0)
        {
            _batch.Database = database;
            _batch.Offset = offset;
        }
        Buffer.MemoryCopy(record, _batch.Data + _batch.Length, length, length);
        _batch.Length += length;
    }

    /// <summary>Waits until all is loaded. No record comes after that.</summary>
    public void Finish()
    {
        Hand();
        _full.CompleteAdding();
        while (_full.TryTake(out RecordBatch? batch))
            Load(_own, batch);
        foreach (Thread thread in _threads)
            thread.Join();
    }

    /// <summary>Tells the reader what has failed, if anything has.</summary>
    /// <param name="input">What the reader reads; it fails the same way.</param>
    /// <param name="offset">The place in the file.</param>
    public void Report(ref RdbInput input, ref long offset)
    {
        if (!HasFailed)
            return;
        _ = input.Fail(_failure, _detail);
        offset = _failedAt;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _full.CompleteAdding();
        foreach (Thread thread in _threads)
            thread.Join();
        while (_full.TryTake(out RecordBatch? batch))
            batch.Dispose();
        _full.Dispose();
        foreach (RecordBatch batch in _empty)
            batch.Dispose();
        _batch.Dispose();
        _own.Dispose();
    }

    private void Hand()
    {
        if (_batch.Length == 0)
            return;
        if (!_full.TryAdd(_batch))
        {
            Load(_own, _batch);
            _batch.Length = 0;
            return;
        }
        if (!_empty.TryTake(out RecordBatch? empty))
            empty = new RecordBatch();
        _batch = empty;
    }

    private void Work()
    {
        using (var loader = new RecordLoader(_keyspace, _options, _rules, _version))
        {
            foreach (RecordBatch batch in _full.GetConsumingEnumerable())
            {
                Load(loader, batch);
                batch.Length = 0;
                _empty.Add(batch);
            }
        }
        NativeHeap.ReleaseThread();
    }

    private void Load(RecordLoader loader, RecordBatch batch)
    {
        if (HasFailed)
            return;
        loader.Database = batch.Database!;
        var input = new RdbInput(batch.Data, batch.Length);
        bool isLoaded = true;
        while (isLoaded && input.Remaining != 0)
            isLoaded = input.TryReadByte(out byte type) && loader.TryRead(ref input, type);
        if (!isLoaded || !loader.TryFlush(ref input))
        {
            lock (_full)
            {
                _detail = input.Detail;
                _failedAt = batch.Offset + input.Offset;
                _failure = input.Failure;
                _hasFailed = true;
            }
        }
        input.Dispose();
    }
}
