using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A place among the members of a sorted set, which moves in either direction. Stale after any change of the set.
/// </summary>
/// <remarks>Records are loaded some steps before the cursor reaches them: in memory they lie in no order.</remarks>
public unsafe struct SortedSetCursor
{
    /// <summary>Room for the digits of a member that is kept as an integer, in bytes.</summary>
    public const int MostDigits = PackedValue.MostDigits;

    private const int Ahead = 8;

    private readonly ListPack _pack;
    private byte* _element; // of a pack: the member; of a tree: its record
    private LeafNode* _leaf;
    private int _index;

    internal SortedSetCursor(in SortedSet set, long rank)
    {
        if (set.IsPacked)
        {
            _pack = set.Pack;
            _element = PackedSortedSet.At(_pack, rank);
            return;
        }
        TreePath path = default;
        set.Tree->Tree.At(rank, ref path);
        _leaf = path.Leaf;
        _index = path.Position;
        Load(_leaf, _index - Ahead, _index + Ahead);
        if (_leaf->Next != null)
            CacheLine.Prefetch(_leaf->Next);
        _element = LeafNode.RecordAt(_leaf, _index);
    }

    /// <summary>Whether the cursor is at a member, and not behind the last or before the first one.</summary>
    public readonly bool IsAtMember
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _element != null;
    }

    /// <summary>The score of the member.</summary>
    public readonly double Score => _leaf != null ? new MemberRecord(_element).Score : PackedSortedSet.ScoreOf(_element);

    /// <summary>The member, until the next change of the set.</summary>
    /// <param name="digits">Takes the digits of a member that is kept as an integer: <see cref="MostDigits"/> bytes that live as long as the result.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ReadOnlySpan<byte> Member(Span<byte> digits) => _leaf != null ? new MemberRecord(_element).Member : ListPack.Read(_element).Bytes(digits);

    /// <summary>Moves to the member behind, or before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Move(bool backwards)
    {
        if (backwards)
            MovePrevious();
        else
            MoveNext();
    }

    /// <summary>Moves to the member behind.</summary>
    public void MoveNext()
    {
        if (_leaf == null)
        {
            _element = PackedSortedSet.Next(_element);
            return;
        }
        if (++_index == _leaf->Count)
        {
            if (_leaf->Next == null)
            {
                _element = null;
                return;
            }
            _leaf = _leaf->Next;
            _index = 0;
            LoadNode(_leaf->Next);
            Load(_leaf, 0, Ahead);
        }
        else if (_index + Ahead < _leaf->Count)
        {
            CacheLine.Prefetch(LeafNode.RecordAt(_leaf, _index + Ahead));
        }
        else if (_leaf->Next != null && _index + Ahead - _leaf->Count is var next && next < _leaf->Next->Count)
        {
            CacheLine.Prefetch(LeafNode.RecordAt(_leaf->Next, next));
        }
        _element = LeafNode.RecordAt(_leaf, _index);
    }

    /// <summary>Moves to the member before.</summary>
    public void MovePrevious()
    {
        if (_leaf == null)
        {
            _element = PackedSortedSet.Previous(_pack, _element);
            return;
        }
        if (--_index < 0)
        {
            if (_leaf->Previous == null)
            {
                _element = null;
                return;
            }
            _leaf = _leaf->Previous;
            _index = _leaf->Count - 1;
            LoadNode(_leaf->Previous);
            Load(_leaf, _index - Ahead, _index);
        }
        else if (_index >= Ahead)
        {
            CacheLine.Prefetch(LeafNode.RecordAt(_leaf, _index - Ahead));
        }
        else if (_leaf->Previous != null && _leaf->Previous->Count + _index - Ahead is var previous && previous >= 0)
        {
            CacheLine.Prefetch(LeafNode.RecordAt(_leaf->Previous, previous));
        }
        _element = LeafNode.RecordAt(_leaf, _index);
    }

    private static void Load(LeafNode* leaf, int from, int to)
    {
        for (int i = Math.Max(from, 0); i < Math.Min(to, leaf->Count); i++)
            CacheLine.Prefetch(LeafNode.RecordAt(leaf, i));
    }

    private static void LoadNode(LeafNode* leaf)
    {
        if (leaf == null)
            return;
        for (int line = 0; line < 768; line += 64)
            CacheLine.Prefetch((byte*)leaf + line);
    }
}
