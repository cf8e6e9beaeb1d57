using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;

namespace Carnelian.Storage.Streams;

/// <summary>
/// A B+ tree from keys of fixed size to addresses: the index of a stream's blocks, and everything that its groups keep in order.
/// </summary>
/// <remarks>
/// <para>Node: count (4), capacity (4), the leaf before (8), the leaf behind (8), the keys, the addresses. An inner node has children in the
/// place of addresses, and for each the first key below it. A leaf begins small and grows; a tree that is filled in order has full leaves.</para>
/// <para>Invariants: all leaves are at the same depth; no node is empty but for the tree without keys, which has no node; the key of a child is the first
/// key below it. So a key that is not in the tree is nowhere in it: keys may point to what is freed with them.</para>
/// <para>A <see cref="Position"/> is good until the next change of the tree.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct OrderedTree<TKey> where TKey : unmanaged, IOrderedKey<TKey>
{
    private const int HeaderSize = 24;
    private const int MostItems = 64;
    private const int FirstCapacity = 2;
    private const int MostLevels = 16;

    private byte* _root;
    private byte* _first;
    private byte* _last;
    private long _count;
    private long _bytes;
    private int _levels;

    /// <summary>The number of keys.</summary>
    public readonly long Count => _count;

    /// <summary>The memory of the nodes, in bytes.</summary>
    public readonly long Bytes => _bytes;

    /// <summary>The first key's position.</summary>
    public readonly Position First => _first == null ? default : new Position(_first, 0);

    /// <summary>The last key's position.</summary>
    public readonly Position Last => _last == null ? default : new Position(_last, CountOf(_last) - 1);

    // --- lookup ---------------------------------------------------------------------------------------------------

    /// <summary>What a key leads to, or null.</summary>
    public readonly byte* Find(in TKey key)
    {
        byte* leaf = LeafFor(key);
        if (leaf == null)
            return null;
        int index = LowerBound(leaf, key);
        return index < CountOf(leaf) && !TKey.IsLess(key, KeysOf(leaf)[index]) ? ValuesOf(leaf)[index] : null;
    }

    /// <summary>The first position whose key is not less than this one.</summary>
    public readonly Position AtOrAfter(in TKey key)
    {
        byte* leaf = LeafFor(key);
        if (leaf == null)
            return default;
        int index = LowerBound(leaf, key);
        if (index < CountOf(leaf))
            return new Position(leaf, index);
        leaf = NextOf(leaf);
        return leaf == null ? default : new Position(leaf, 0);
    }

    /// <summary>The last position whose key is not greater than this one.</summary>
    public readonly Position AtOrBefore(in TKey key)
    {
        byte* leaf = LeafFor(key);
        if (leaf == null)
            return default;
        int index = LowerBound(leaf, key);
        if (index < CountOf(leaf) && !TKey.IsLess(key, KeysOf(leaf)[index]))
            return new Position(leaf, index);
        if (index > 0)
            return new Position(leaf, index - 1);
        leaf = PreviousOf(leaf);
        return leaf == null ? default : new Position(leaf, CountOf(leaf) - 1);
    }

    // --- change ---------------------------------------------------------------------------------------------------

    /// <summary>Adds a key that is not there yet.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">What it leads to, not null.</param>
    public void Add(in TKey key, void* value)
    {
        _count++;
        if (_root == null)
        {
            _root = _first = _last = CreateNode(FirstCapacity);
            _levels = 1;
            InsertAt(_root, 0, key, value);
            return;
        }
        byte* last = _last;
        if (CountOf(last) < MostItems && TKey.IsLess(KeysOf(last)[CountOf(last) - 1], key))
        {
            if (CountOf(last) == CapacityOf(last))
                last = GrowLast();
            InsertAt(last, CountOf(last), key, value);
            return;
        }
        Path path = default;
        byte* leaf = Descend(key, ref path);
        int index = LowerBound(leaf, key);
        Debug.Assert(index == CountOf(leaf) || TKey.IsLess(key, KeysOf(leaf)[index]), "the key is new");
        if (CountOf(leaf) == MostItems)
        {
            byte* right = SplitLeaf(leaf, index);
            AddChild(ref path, _levels - 2, KeysOf(right)[0], right, key);
            // The new leaf's first key may be the one that is not in it yet: then it is empty and gets it now.
            if (CountOf(right) == 0 || index > CountOf(leaf))
            {
                InsertAt(right, CountOf(right) == 0 ? 0 : index - CountOf(leaf), key, value);
                return;
            }
        }
        else if (CountOf(leaf) == CapacityOf(leaf))
        {
            leaf = Grow(leaf, ref path);
        }
        InsertAt(leaf, index, key, value);
        if (index == 0)
            SetFirstKey(ref path, _levels - 2, key);
    }

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>What it led to; null if it was not there.</returns>
    public byte* Remove(in TKey key)
    {
        if (_root == null)
            return null;
        Path path = default;
        byte* leaf = Descend(key, ref path);
        int index = LowerBound(leaf, key);
        if (index == CountOf(leaf) || TKey.IsLess(key, KeysOf(leaf)[index]))
            return null;
        byte* value = ValuesOf(leaf)[index];
        _count--;
        RemoveAt(leaf, index);
        if (CountOf(leaf) == 0)
        {
            Unlink(leaf);
            RemoveChild(ref path, _levels - 2);
            return value;
        }
        if (index == 0)
            SetFirstKey(ref path, _levels - 2, KeysOf(leaf)[0]);
        if (CountOf(leaf) < MostItems / 4 && _levels > 1)
            MergeChild(ref path, _levels - 2);
        return value;
    }

    /// <summary>Replaces what a key leads to.</summary>
    public readonly void Set(in TKey key, void* value)
    {
        byte* leaf = LeafFor(key);
        ValuesOf(leaf)[LowerBound(leaf, key)] = (byte*)value;
    }

    /// <summary>Frees the nodes; the tree is empty then. What the keys lead to is the caller's business.</summary>
    public void Clear()
    {
        if (_root != null)
            FreeNode(_root, _levels);
        this = default;
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref int CountRef(byte* node) => ref *(int*)node;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountOf(byte* node) => *(int*)node;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CapacityOf(byte* node) => *(int*)(node + 4);

    private static byte* PreviousOf(byte* leaf) => *(byte**)(leaf + 8);

    private static byte* NextOf(byte* leaf) => *(byte**)(leaf + 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TKey* KeysOf(byte* node) => (TKey*)(node + HeaderSize);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte** ValuesOf(byte* node) => (byte**)(node + HeaderSize + CapacityOf(node) * sizeof(TKey));

    private static long SizeOf(int capacity) => HeaderSize + (long)capacity * (sizeof(TKey) + sizeof(byte*));

    private byte* CreateNode(int capacity)
    {
        byte* node = NativeHeap.Allocate((nuint)SizeOf(capacity));
        _bytes += (long)NativeHeap.UsableSize(node);
        *(int*)node = 0;
        *(int*)(node + 4) = capacity;
        *(byte**)(node + 8) = *(byte**)(node + 16) = null;
        return node;
    }

    private void Release(byte* node)
    {
        _bytes -= (long)NativeHeap.UsableSize(node);
        NativeHeap.Free(node);
    }

    private void FreeNode(byte* node, int level)
    {
        if (level > 1)
        {
            for (int i = 0; i < CountOf(node); i++)
                FreeNode(ValuesOf(node)[i], level - 1);
        }
        Release(node);
    }

    /// <summary>The first index whose key is not less than a key; the number of keys if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LowerBound(byte* node, in TKey key)
    {
        TKey* keys = KeysOf(node);
        int low = 0, length = CountOf(node);
        while (length > 0)
        {
            int half = length >> 1;
            if (TKey.IsLess(keys[low + half], key))
            {
                low += half + 1;
                length -= half + 1;
            }
            else
            {
                length = half;
            }
        }
        return low;
    }

    /// <summary>The child below which a key belongs.</summary>
    private static int ChildFor(byte* node, in TKey key)
    {
        int index = LowerBound(node, key);
        return index < CountOf(node) && !TKey.IsLess(key, KeysOf(node)[index]) ? index : Math.Max(index - 1, 0);
    }

    private readonly byte* LeafFor(in TKey key)
    {
        byte* node = _root;
        if (node == null)
            return null;
        for (int level = _levels; level > 1; level--)
            node = ValuesOf(node)[ChildFor(node, key)];
        return node;
    }

    private readonly byte* Descend(in TKey key, ref Path path)
    {
        byte* node = _root;
        for (int depth = 0; depth < _levels - 1; depth++)
        {
            int child = ChildFor(node, key);
            path.Set(depth, node, child);
            node = ValuesOf(node)[child];
        }
        return node;
    }

    private static void InsertAt(byte* node, int index, in TKey key, void* value)
    {
        int count = CountOf(node);
        TKey* keys = KeysOf(node);
        byte** values = ValuesOf(node);
        if (index < count)
        {
            Move(keys + index, keys + index + 1, (long)(count - index) * sizeof(TKey));
            Move(values + index, values + index + 1, (long)(count - index) * sizeof(byte*));
        }
        keys[index] = key;
        values[index] = (byte*)value;
        CountRef(node) = count + 1;
    }

    private static void RemoveAt(byte* node, int index)
    {
        int count = CountOf(node) - 1;
        TKey* keys = KeysOf(node);
        byte** values = ValuesOf(node);
        Move(keys + index + 1, keys + index, (long)(count - index) * sizeof(TKey));
        Move(values + index + 1, values + index, (long)(count - index) * sizeof(byte*));
        CountRef(node) = count;
    }

    private static void Move(void* from, void* to, long bytes) => Buffer.MemoryCopy(from, to, bytes, bytes);

    /// <summary>Copies some items of a node behind those of another, which has the room.</summary>
    private static void Append(byte* from, int index, int count, byte* to)
    {
        int at = CountOf(to);
        Move(KeysOf(from) + index, KeysOf(to) + at, (long)count * sizeof(TKey));
        Move(ValuesOf(from) + index, ValuesOf(to) + at, (long)count * sizeof(byte*));
        CountRef(to) = at + count;
    }

    /// <summary>Puts a larger node in the place of a leaf.</summary>
    private byte* Enlarge(byte* leaf, int capacity)
    {
        byte* larger = CreateNode(capacity);
        Append(leaf, 0, CountOf(leaf), larger);
        Link(PreviousOf(leaf), larger);
        Link(larger, NextOf(leaf));
        Release(leaf);
        return larger;
    }

    /// <summary>Makes room in a leaf that is not of full size yet.</summary>
    private byte* Grow(byte* leaf, ref Path path)
    {
        byte* larger = Enlarge(leaf, Math.Min(CapacityOf(leaf) * 2, MostItems));
        if (_levels == 1)
            _root = larger;
        else
            ValuesOf(path.Node(_levels - 2))[path.Index(_levels - 2)] = larger;
        return larger;
    }

    /// <summary>Makes room in the last leaf.</summary>
    private byte* GrowLast()
    {
        byte* larger = Enlarge(_last, Math.Min(CapacityOf(_last) * 2, MostItems));
        if (_levels == 1)
        {
            _root = larger;
            return larger;
        }
        byte* node = _root;
        for (int level = _levels; level > 2; level--)
            node = ValuesOf(node)[CountOf(node) - 1];
        ValuesOf(node)[CountOf(node) - 1] = larger;
        return larger;
    }

    private void Link(byte* left, byte* right)
    {
        if (left == null)
            _first = right;
        else
            *(byte**)(left + 16) = right;
        if (right == null)
            _last = left;
        else
            *(byte**)(right + 8) = left;
    }

    private void Unlink(byte* leaf)
    {
        Link(PreviousOf(leaf), NextOf(leaf));
        Release(leaf);
    }

    /// <summary>Makes a leaf behind a full one; when the tree grows at its end it stays empty, else it takes half.</summary>
    private byte* SplitLeaf(byte* leaf, int index)
    {
        bool isEnd = index == MostItems && NextOf(leaf) == null;
        byte* right = CreateNode(isEnd ? MostItems / 4 : MostItems);
        Link(right, NextOf(leaf));
        Link(leaf, right);
        if (!isEnd)
        {
            Append(leaf, MostItems / 2, MostItems / 2, right);
            CountRef(leaf) = MostItems / 2;
        }
        return right;
    }

    /// <summary>Puts a new node behind the child at the end of a path.</summary>
    /// <param name="path">The way to the child.</param>
    /// <param name="depth">The depth of the parent; -1 if the child is the root.</param>
    /// <param name="firstKey">The first key of the new node, if it has one yet.</param>
    /// <param name="child">The new node.</param>
    /// <param name="added">The key that is being added.</param>
    private void AddChild(ref Path path, int depth, TKey firstKey, byte* child, in TKey added)
    {
        if (CountOf(child) == 0)
            firstKey = added;
        if (depth < 0)
        {
            byte* root = CreateNode(MostItems);
            InsertAt(root, 0, KeysOf(_root)[0], _root);
            InsertAt(root, 1, firstKey, child);
            _root = root;
            _levels++;
            if (_levels > MostLevels)
                throw new InvalidOperationException("The tree is deeper than memory allows.");
            // Only a key that is now the first of all follows the path once more, and that leads along the left edge.
            path.Prepend(root, 0, _levels - 1);
            return;
        }
        byte* parent = path.Node(depth);
        int at = path.Index(depth) + 1;
        if (CountOf(parent) < MostItems)
        {
            InsertAt(parent, at, firstKey, child);
            return;
        }
        byte* right = CreateNode(MostItems);
        int kept = at == MostItems ? MostItems - 1 : MostItems / 2;
        Append(parent, kept, MostItems - kept, right);
        CountRef(parent) = kept;
        if (at >= kept)
            InsertAt(right, at - kept, firstKey, child);
        else
            InsertAt(parent, at, firstKey, child);
        AddChild(ref path, depth - 1, KeysOf(right)[0], right, added);
    }

    /// <summary>Notes the first key below a node in all that lead to it.</summary>
    private static void SetFirstKey(ref Path path, int depth, in TKey key)
    {
        for (; depth >= 0; depth--)
        {
            KeysOf(path.Node(depth))[path.Index(depth)] = key;
            if (path.Index(depth) != 0)
                return;
        }
    }

    /// <summary>Removes the child at the end of a path, which is freed already.</summary>
    private void RemoveChild(ref Path path, int depth)
    {
        if (depth < 0)
        {
            _root = null;
            _levels = 0;
            return;
        }
        byte* node = path.Node(depth);
        int index = path.Index(depth);
        RemoveAt(node, index);
        if (CountOf(node) == 0)
        {
            Release(node);
            RemoveChild(ref path, depth - 1);
            return;
        }
        if (index == 0)
            SetFirstKey(ref path, depth - 1, KeysOf(node)[0]);
        AfterShrinking(ref path, depth);
    }

    private void AfterShrinking(ref Path path, int depth)
    {
        byte* node = path.Node(depth);
        if (depth == 0)
        {
            if (CountOf(node) > 1)
                return;
            _root = ValuesOf(node)[0];
            _levels--;
            Release(node);
        }
        else if (CountOf(node) < MostItems / 4)
        {
            MergeChild(ref path, depth - 1);
        }
    }

    /// <summary>Joins a small child with a neighbour if both together leave room.</summary>
    private void MergeChild(ref Path path, int depth)
    {
        byte* parent = path.Node(depth);
        int index = path.Index(depth);
        bool isLeaf = depth == _levels - 2;
        if (index + 1 < CountOf(parent) && TryJoin(parent, index, isLeaf) || index > 0 && TryJoin(parent, index - 1, isLeaf))
            AfterShrinking(ref path, depth);
    }

    private bool TryJoin(byte* parent, int index, bool isLeaf)
    {
        byte* left = ValuesOf(parent)[index], right = ValuesOf(parent)[index + 1];
        int count = CountOf(left) + CountOf(right);
        if (count > MostItems / 4 * 3)
            return false;
        if (count > CapacityOf(left))
        {
            left = Enlarge(left, MostItems);
            ValuesOf(parent)[index] = left;
        }
        Append(right, 0, CountOf(right), left);
        if (isLeaf)
            Unlink(right);
        else
            Release(right);
        RemoveAt(parent, index + 1);
        return true;
    }

    /// <summary>Checks the invariants. For tests.</summary>
    /// <exception cref="InvalidOperationException">One does not hold.</exception>
    internal readonly void Verify()
    {
        long count = 0, bytes = 0;
        byte* previousLeaf = null;
        TKey* previous = null;
        if (_root != null)
            VerifyNode(_root, _levels, ref count, ref bytes, ref previousLeaf, ref previous);
        if (count != _count || bytes != _bytes || previousLeaf != _last || (_root == null && (_first != null || _levels != 0)))
            throw new InvalidOperationException("The tree's totals are wrong.");
    }

    private readonly void VerifyNode(byte* node, int level, ref long count, ref long bytes, ref byte* previousLeaf, ref TKey* previous)
    {
        bytes += (long)NativeHeap.UsableSize(node);
        if (CountOf(node) is 0 or > MostItems || CountOf(node) > CapacityOf(node))
            throw new InvalidOperationException("A node's count is wrong.");
        for (int i = 0; i < CountOf(node); i++)
        {
            TKey* key = KeysOf(node) + i;
            if (level > 1)
            {
                byte* child = ValuesOf(node)[i];
                TKey first = KeysOf(child)[0];
                if (TKey.IsLess(first, *key) || TKey.IsLess(*key, first))
                    throw new InvalidOperationException("A key above is not the first below.");
                VerifyNode(child, level - 1, ref count, ref bytes, ref previousLeaf, ref previous);
                continue;
            }
            if (previous != null && !TKey.IsLess(*previous, *key))
                throw new InvalidOperationException("Keys are not in order.");
            previous = key;
        }
        if (level > 1)
            return;
        count += CountOf(node);
        if (PreviousOf(node) != previousLeaf || (previousLeaf == null ? _first != node : NextOf(previousLeaf) != node))
            throw new InvalidOperationException("The leaves are not linked.");
        previousLeaf = node;
    }

    /// <summary>A place in the tree; the default is none.</summary>
    public struct Position
    {
        private byte* _leaf;
        private int _index;

        internal Position(byte* leaf, int index)
        {
            _leaf = leaf;
            _index = index;
        }

        /// <summary>Whether there is a key at this place.</summary>
        public readonly bool Exists => _leaf != null;

        /// <summary>The key.</summary>
        public readonly TKey Key => KeysOf(_leaf)[_index];

        /// <summary>What the key leads to.</summary>
        public readonly byte* Value => ValuesOf(_leaf)[_index];

        /// <summary>Moves to the next key.</summary>
        public void MoveNext()
        {
            if (++_index < CountOf(_leaf))
                return;
            _leaf = NextOf(_leaf);
            _index = 0;
        }

        /// <summary>Moves to the key before.</summary>
        public void MovePrevious()
        {
            if (--_index >= 0)
                return;
            _leaf = PreviousOf(_leaf);
            _index = _leaf == null ? 0 : CountOf(_leaf) - 1;
        }

        /// <summary>Replaces what the key leads to.</summary>
        public readonly void Set(void* value) => ValuesOf(_leaf)[_index] = (byte*)value;
    }

    /// <summary>The way from the root to a leaf: inner nodes, and which child was taken.</summary>
    private struct Path
    {
        private fixed long _nodes[MostLevels];
        private fixed int _indexes[MostLevels];

        public readonly byte* Node(int depth) => (byte*)_nodes[depth];

        public readonly int Index(int depth) => _indexes[depth];

        public void Set(int depth, byte* node, int index)
        {
            _nodes[depth] = (long)node;
            _indexes[depth] = index;
        }

        public void Prepend(byte* node, int index, int length)
        {
            for (int i = length - 1; i > 0; i--)
                Set(i, Node(i - 1), Index(i - 1));
            Set(0, node, index);
        }
    }
}
