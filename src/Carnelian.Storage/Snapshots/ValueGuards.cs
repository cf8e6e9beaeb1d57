using System.Runtime.CompilerServices;

namespace Carnelian.Storage.Snapshots;

/// <summary>
/// The big values that snapshots save element by element just now. Whoever changes an element of a big value, or frees one, asks here first; while no
/// such value is being saved that is one predictable branch.
/// </summary>
/// <remarks>Of all keyspaces of the process, by the address of the value's root. Any thread.</remarks>
internal static unsafe class ValueGuards
{
    private static readonly Lock s_lock = new();
    private static readonly Dictionary<nint, ValueGuard> s_guards = [];
    private static int s_count;

    /// <summary>Whether there is any.</summary>
    public static bool Any
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref s_count) != 0;
    }

    /// <summary>Begins to guard a value. Under its key's lock.</summary>
    public static void Add(ValueGuard guard)
    {
        lock (s_lock)
        {
            s_guards.Add((nint)guard.Root, guard);
            Volatile.Write(ref s_count, s_guards.Count);
        }
    }

    /// <summary>Ends to guard a value: it is saved, or nobody wants it any more.</summary>
    /// <returns>Whether it was to be freed meanwhile, which is now the caller's to do.</returns>
    public static bool Remove(ValueGuard guard)
    {
        lock (s_lock)
        {
            Take(guard);
            guard.IsEnded = true;
            Volatile.Write(ref s_count, s_guards.Count);
            return guard.IsLeft;
        }
    }

    /// <summary>Saves an element that is about to change, to go or to come. Under the lock of the value's key.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void BeforeChange(byte* root, ulong hash) => ((TableGuard?)Find(root))?.BeforeChange(hash);

    /// <summary>The guard of a list, or null. Under the lock of its key.</summary>
    public static ListGuard? OfList(byte* root) => Any ? (ListGuard?)Find(root) : null;

    /// <summary>The guard of a stream, or null. Under the lock of its key.</summary>
    public static StreamGuard? OfStream(byte* root) => Any ? (StreamGuard?)Find(root) : null;

    /// <summary>The guard of a long string, or null.</summary>
    public static StringGuard? OfString(byte* block) => Any ? (StringGuard?)Find(block) : null;

    /// <summary>Takes a guard out whose string is about to move: where it lies now, another may lie soon.</summary>
    public static void Detach(StringGuard guard)
    {
        lock (s_lock)
            Take(guard);
    }

    /// <summary>Puts it in again with the string's new place, unless it was removed meanwhile.</summary>
    public static void Attach(StringGuard guard, byte* block)
    {
        lock (s_lock)
        {
            if (guard.IsEnded)
                return;
            guard.Root = block;
            s_guards.Add((nint)block, guard);
        }
    }

    /// <summary>Whether a value is guarded: its blocks stay where they are.</summary>
    public static bool Guards(byte* root) => Any && Find(root) != null;

    /// <summary>Notes that a value has become that of a key in another shard. Under the locks of both.</summary>
    public static void Move(byte* root, int shard)
    {
        if (Find(root) is { } guard)
            guard.Shard = shard;
    }

    /// <summary>Leaves a value that is to be freed to the snapshot that saves it.</summary>
    /// <returns>False if there is none: it can be freed.</returns>
    public static bool TryLeave(byte* root)
    {
        if (!Any)
            return false;
        lock (s_lock)
        {
            if (!s_guards.TryGetValue((nint)root, out ValueGuard? guard))
                return false;
            guard.IsLeft = true;
            return true;
        }
    }

    private static void Take(ValueGuard guard)
    {
        if (s_guards.TryGetValue((nint)guard.Root, out ValueGuard? found) && found == guard)
            s_guards.Remove((nint)guard.Root);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ValueGuard? Find(byte* root)
    {
        lock (s_lock)
            return s_guards.GetValueOrDefault((nint)root);
    }
}
