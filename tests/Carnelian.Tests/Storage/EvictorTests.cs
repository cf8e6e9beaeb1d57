using System.Text;
using Carnelian.Storage;
using Xunit;

namespace Carnelian.Tests.Storage;

/// <summary>Which keys go, policy by policy.</summary>
public sealed unsafe class EvictorTests : IDisposable
{
    private const long Now = 1_800_000_000_000;
    private const int Samples = 5;

    private readonly Keyspace _keyspace = new(databases: 2, mostLoops: 1);
    private readonly Evictor _evictor;

    public EvictorTests() => _evictor = new Evictor(_keyspace, seed: 4711);

    public void Dispose()
    {
        _evictor.Dispose();
        _keyspace.Dispose();
    }

    // A pool of sixteen that independent samples of 5 or 10 keys compete in removes 91.7 % and 96.3 % (simulated). The hash of the
    // keys differs from run to run, and with it the result by up to a point.
    [Theory]
    [InlineData(EvictionPolicy.AllKeysLru, 5, 91)]
    [InlineData(EvictionPolicy.AllKeysLru, 10, 95)]
    [InlineData(EvictionPolicy.AllKeysLrm, 5, 91)]
    [InlineData(EvictionPolicy.VolatileLru, 5, 90)]
    [InlineData(EvictionPolicy.VolatileTtl, 5, 94)]
    public void Most_of_the_keys_that_go_are_from_the_older_half(EvictionPolicy policy, int samples, int percent)
    {
        const int keys = 10_000;
        _keyspace.Access.Follow(policy);
        for (int i = 0; i < keys; i++)
            Set(0, "key:" + i, deadline: Now + 100_000_000 + (i * 10L), at: Now + (i * 1000L));
        for (int i = 0; i < keys / 2; i++)
            Assert.True(_evictor.EvictOne(policy, samples, Now + (keys * 1000L), isLazy: false));
        int oldLeft = Enumerable.Range(0, keys / 2).Count(i => Exists(0, "key:" + i));
        Assert.Equal(keys / 2, _keyspace[0].Count);
        Assert.True(keys / 2 - oldLeft >= keys / 2 * percent / 100, $"{oldLeft} of the older half are left");
    }

    [Theory]
    [InlineData(EvictionPolicy.AllKeysLfu)]
    [InlineData(EvictionPolicy.VolatileLfu)]
    public void Keys_that_are_used_often_stay(EvictionPolicy policy)
    {
        const int keys = 2000;
        _keyspace.Access.Follow(policy);
        _keyspace.Access.LogFactor = 0;
        for (int i = 0; i < keys; i++)
            Set(0, "key:" + i, Now + 100_000_000, Now);
        for (int uses = 0; uses < 20; uses++)
        {
            for (int i = 0; i < keys / 2; i++)
                With("key:" + i, key => _keyspace[0].Find(key, Now));
        }
        // While there are still many that are used rarely: five samples find one of them almost surely.
        for (int i = 0; i < keys / 4; i++)
            Assert.True(_evictor.EvictOne(policy, Samples, Now, isLazy: false));
        int oftenLeft = Enumerable.Range(0, keys / 2).Count(i => Exists(0, "key:" + i));
        Assert.True(oftenLeft >= keys / 2 * 99 / 100, $"{oftenLeft} of {keys / 2} are left");
    }

    [Fact]
    public void The_frequency_of_a_key_survives_its_being_set_again()
    {
        _keyspace.Access.Follow(EvictionPolicy.AllKeysLfu);
        _keyspace.Access.LogFactor = 0;
        for (int i = 0; i < 3; i++)
            Set(0, "key", deadline: -1, Now);
        With("key", key => Assert.Equal(AccessClock.InitialFrequency + 2, _keyspace.Access.Frequency(_keyspace[0].Peek(key, Now), Now)));
    }

    [Theory]
    [InlineData(EvictionPolicy.VolatileLru)]
    [InlineData(EvictionPolicy.VolatileLfu)]
    [InlineData(EvictionPolicy.VolatileLrm)]
    [InlineData(EvictionPolicy.VolatileRandom)]
    [InlineData(EvictionPolicy.VolatileTtl)]
    public void Volatile_policies_leave_keys_without_a_deadline(EvictionPolicy policy)
    {
        _keyspace.Access.Follow(policy);
        for (int i = 0; i < 500; i++)
        {
            Set(0, "stays:" + i, deadline: -1, Now);
            Set(1, "goes:" + i, Now + 1000 + i, Now);
        }
        for (int i = 0; i < 500; i++)
            Assert.True(_evictor.EvictOne(policy, Samples, Now, isLazy: false));
        Assert.False(_evictor.EvictOne(policy, Samples, Now, isLazy: false));
        Assert.Equal(500, _keyspace[0].Count);
        Assert.Equal(0, _keyspace[1].Count);
    }

    [Theory]
    [InlineData(EvictionPolicy.AllKeysLru)]
    [InlineData(EvictionPolicy.AllKeysLfu)]
    [InlineData(EvictionPolicy.AllKeysLrm)]
    [InlineData(EvictionPolicy.AllKeysRandom)]
    public void Policies_on_all_keys_empty_all_databases(EvictionPolicy policy)
    {
        _keyspace.Access.Follow(policy);
        for (int i = 0; i < 300; i++)
            Set(i % 2, "key:" + i, i % 3 == 0 ? Now + 1000 : -1, Now);
        for (int i = 0; i < 300; i++)
            Assert.True(_evictor.EvictOne(policy, Samples, Now, isLazy: false));
        Assert.False(_evictor.EvictOne(policy, Samples, Now, isLazy: false));
        Assert.Equal(0, _keyspace.Sum(static database => database.Count + database.VolatileCount));
    }

    [Fact]
    public void Without_a_policy_no_key_goes()
    {
        Set(0, "key", Now + 1000, Now);
        Assert.False(_evictor.EvictOne(EvictionPolicy.NoEviction, Samples, Now, isLazy: false));
        Assert.True(Exists(0, "key"));
    }

    [Fact]
    public void A_sampled_key_that_is_used_again_before_its_turn_stays()
    {
        _keyspace.Access.Follow(EvictionPolicy.AllKeysLru);
        for (int i = 0; i < 3; i++)
            Set(0, "key:" + i, deadline: -1, Now + (i * 1000));
        // All are in the pool now, and the oldest has gone.
        Assert.True(_evictor.EvictOne(EvictionPolicy.AllKeysLru, samples: 64, Now + 5000, isLazy: false));
        With("key:1", key => _keyspace[0].Find(key, Now + 6000));
        Assert.True(_evictor.EvictOne(EvictionPolicy.AllKeysLru, samples: 64, Now + 7000, isLazy: false));
        Assert.True(Exists(0, "key:1"));
        Assert.False(Exists(0, "key:2"));
    }

    [Fact]
    public void The_observer_hears_of_every_key_that_goes_while_it_is_still_there()
    {
        var observer = new Observer();
        _keyspace.Observer = observer;
        for (int i = 0; i < 50; i++)
            Set(0, "key:" + i, deadline: -1, Now);
        while (_evictor.EvictOne(EvictionPolicy.AllKeysRandom, Samples, Now, isLazy: false))
        {
        }
        Assert.Equal(Enumerable.Range(0, 50).Select(static i => "key:" + i).Order(), observer.Evicted.Order());
    }

    private void Set(int database, string name, long deadline, long at) =>
        With(name, key => _keyspace[database].SetString(key, "value"u8, deadline, at));

    private bool Exists(int database, string name)
    {
        bool exists = false;
        With(name, key => exists = _keyspace[database].Peek(key, Now).Exists);
        return exists;
    }

    private delegate void KeyAction(Key key);

    private static void With(string name, KeyAction action)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        fixed (byte* data = bytes)
            action(new Key(data, bytes.Length));
    }

    private sealed class Observer : IKeyspaceObserver
    {
        public List<string> Evicted { get; } = [];

        public bool HearsExpired => true;

        public void OnExpired(Database database, in Key key) => throw new InvalidOperationException();

        public void CountExpired(int keys) => throw new InvalidOperationException();

        public void OnFieldsExpired(Database database, in Key key, in RecordList fields, bool isEmpty) => throw new InvalidOperationException();

        public void OnEvicted(Database database, in Key key)
        {
            Assert.True(database.Peek(key, Now).Exists);
            Evicted.Add(Encoding.ASCII.GetString(key.Bytes));
        }
    }
}
