using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Xunit;

namespace Carnelian.Tests.Memory;

[Collection(NativeHeapCollection.Name)]
public sealed unsafe class NativeHeapThreadTests
{
    [Fact]
    public void Blocks_allocated_by_one_thread_and_freed_by_another_are_counted_exactly()
    {
        long before = NativeHeap.UsedBytes;
        using BlockingCollection<nint[]> queue = new(boundedCapacity: 16);
        int damaged = 0;
        Thread consumer = new(() =>
        {
            foreach (nint[] blocks in queue.GetConsumingEnumerable())
            {
                foreach (nint block in blocks)
                {
                    if (*(long*)block != (long)block)
                        damaged++;
                    NativeHeap.Free((byte*)block);
                }
            }
            NativeHeap.ReleaseThread();
        });
        consumer.Start();
        Random random = new(5);
        for (int round = 0; round < 2000; round++)
        {
            nint[] blocks = new nint[100];
            for (int i = 0; i < blocks.Length; i++)
            {
                byte* block = NativeHeap.Allocate((nuint)random.Next(8, 600));
                *(long*)block = (long)block;
                blocks[i] = (nint)block;
            }
            queue.Add(blocks);
        }
        queue.CompleteAdding();
        consumer.Join();
        Assert.Equal(0, damaged);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void Threads_that_work_at_the_same_time_do_not_disturb_each_other()
    {
        long before = NativeHeap.UsedBytes;
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(index => new Thread(() =>
        {
            try
            {
                BlockModel model = new(100 + index);
                for (int step = 0; step < 20_000; step++)
                {
                    model.Step(maxBlocks: 1000);
                    if (step % 5000 == 0)
                        NativeHeap.Purge();
                }
                model.Clear();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        Assert.Null(failure);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void A_thread_that_only_frees_does_not_hoard()
    {
        nint[] blocks = new nint[100_000];
        for (int i = 0; i < blocks.Length; i++)
            blocks[i] = (nint)NativeHeap.Allocate((nuint)(8 + i % 2000));
        CollectEndedThreads();
        long before = NativeHeap.ThreadCacheBytes;
        long grown = 0;
        Run(() =>
        {
            foreach (nint block in blocks)
                NativeHeap.Free((byte*)block);
            grown = NativeHeap.ThreadCacheBytes - before;
            NativeHeap.ReleaseThread();
        });
        // The budget, and a batch of at most a page for each of the classes up to 2 KiB.
        Assert.InRange(grown, 0, ThreadCache.Budget + 48 * (long)Region.PageSize);
    }

    [Fact]
    public void A_released_thread_keeps_nothing_and_its_cache_is_taken_over()
    {
        Run(() =>
        {
            NativeHeap.Free(NativeHeap.Allocate(100));
            NativeHeap.ReleaseThread();
        });
        CollectEndedThreads();
        int caches = NativeHeap.GetStatistics().ThreadCaches;
        long cached = NativeHeap.ThreadCacheBytes;
        for (int i = 0; i < 10; i++)
        {
            Run(() =>
            {
                NativeHeap.Free(NativeHeap.Allocate(100));
                NativeHeap.ReleaseThread();
                NativeHeap.ReleaseThread();
            });
        }
        Assert.Equal(caches, NativeHeap.GetStatistics().ThreadCaches);
        Assert.Equal(cached, NativeHeap.ThreadCacheBytes);
    }

    [Fact]
    public void A_thread_may_allocate_again_after_it_has_released_its_cache()
    {
        long before = NativeHeap.UsedBytes;
        long held = 0;
        Run(() =>
        {
            byte* block = NativeHeap.Allocate(100);
            NativeHeap.ReleaseThread();
            byte* second = NativeHeap.Allocate(100);
            held = NativeHeap.UsedBytes - before;
            NativeHeap.Free(block);
            NativeHeap.Free(second);
            NativeHeap.ReleaseThread();
        });
        Assert.Equal(208, held);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void The_cache_of_a_thread_that_just_ended_is_emptied_by_the_garbage_collector()
    {
        if (NativeHeap.DebugEnabled)
            return;
        CollectEndedThreads();
        long before = Cached(3584);
        AllocateInThread(3584);
        for (int attempt = 0; attempt < 100 && Cached(3584) > before; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Sleep(10);
        }
        Assert.Equal(before, Cached(3584));
    }

    // The caches of threads that other tests have ended must not be emptied while bytes are counted.
    private static void CollectEndedThreads()
    {
        for (int i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AllocateInThread(nuint size)
    {
        long cached = 0;
        Run(() =>
        {
            NativeHeap.Free(NativeHeap.Allocate(size));
            cached = Cached((int)size);
        });
        Assert.True(cached > 0);
    }

    private static long Cached(int size) => NativeHeap.GetClassStatistics().Single(entry => entry.Size == size).CachedBlocks;

    private static void Run(Action action)
    {
        Thread thread = new(() => action());
        thread.Start();
        thread.Join();
    }
}
