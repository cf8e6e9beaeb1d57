using System.Diagnostics;
using Carnelian.Memory;

namespace Carnelian.Protocol;

/// <summary>
/// What a connection remembers of a command that has arrived only in part, so that the next read goes on where the last one stopped.
/// </summary>
/// <remarks>
/// A command with few arguments is simply read again from its beginning, and the state stays empty. From <see cref="Threshold"/>
/// arguments on, the lengths of the arguments seen are kept, so that the work is linear in the bytes received. Only the lengths: the
/// header of an argument has exactly one spelling, so the lengths give the positions, at 4 bytes an argument.
/// <para>Belongs to one connection and is used by the loop that owns it. <see cref="Free"/> must be called when the connection goes.</para>
/// </remarks>
public unsafe struct RequestState
{
    /// <summary>With fewer whole arguments than this, an incomplete command is read again instead of remembered.</summary>
    internal const int Threshold = 32;

    private int* _lengths;
    private int _capacity;
    private int _count;
    private int _expected;
    private long _offset;

    /// <summary>Whether there is an incomplete command with remembered arguments.</summary>
    public readonly bool IsPending => _expected != 0;

    /// <summary>Native memory that the state occupies, in bytes.</summary>
    public readonly long MemoryBytes => _lengths == null ? 0 : (long)NativeHeap.UsableSize((byte*)_lengths);

    internal readonly int Count => _count;

    internal readonly int Expected => _expected;

    internal readonly int* Lengths => _lengths;

    /// <summary>Where the next argument's header begins, relative to the command.</summary>
    internal long Offset { readonly get => _offset; set => _offset = value; }

    internal void Begin(int expected)
    {
        Debug.Assert(_lengths == null);
        _expected = expected;
        _count = 0;
    }

    internal void Add(int length)
    {
        if (_count == _capacity) Grow();
        _lengths[_count++] = length;
    }

    /// <summary>Forgets the incomplete command and gives its memory back.</summary>
    public void Free()
    {
        NativeHeap.Free((byte*)_lengths);
        this = default;
    }

    private void Grow()
    {
        int wanted = (int)Math.Min(Math.Max(2 * Threshold, _capacity * 2L), _expected);
        _lengths = (int*)NativeHeap.Reallocate((byte*)_lengths, (nuint)wanted * sizeof(int));
        _capacity = wanted;
    }
}
