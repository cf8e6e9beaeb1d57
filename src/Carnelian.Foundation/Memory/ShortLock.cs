using System.Runtime.CompilerServices;

namespace Carnelian.Memory;

/// <summary>
/// A spin lock of one word that can lie in native memory. It guards the allocator's shared lists, which are held for some
/// hundred instructions. It is not reentrant; a waiter spins shortly and then yields its time slice, because the holder may
/// have been preempted.
/// </summary>
internal struct ShortLock
{
    private int _held;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
            EnterContended();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit() => Volatile.Write(ref _held, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterContended()
    {
        for (int attempt = 0; ; attempt++)
        {
            if (Volatile.Read(ref _held) == 0 && Interlocked.CompareExchange(ref _held, 1, 0) == 0)
                return;
            if (attempt < 50)
                Thread.SpinWait(4);
            else if (attempt % 16 != 0)
                Thread.Yield();
            else
                Thread.Sleep(0);
        }
    }
}
