namespace Carnelian.Memory;

/// <summary>
/// Lives as long as the thread whose thread-static field refers to it. When that thread has ended without releasing its cache, the
/// garbage collector finds this object and the finalizer thread empties the cache.
/// </summary>
internal sealed unsafe class ThreadCacheOwner(ThreadCache* cache)
{
    private readonly ThreadCache* _cache = cache;

    ~ThreadCacheOwner() => ThreadCache.Retire(_cache);
}
