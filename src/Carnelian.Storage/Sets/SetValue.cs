using System.Runtime.CompilerServices;
using Carnelian.Storage.Packed;
using Carnelian.Text;

namespace Carnelian.Storage.Sets;

/// <summary>
/// A set in any of its encodings: an intset, a listpack, or a table. A reference with the encoding; whoever changes a set through one
/// puts it back where he has it from (<see cref="StoreIn"/>), since both may have changed.
/// </summary>
/// <remarks>
/// <para>Encodings change as Valkey's do: an intset takes integers up to its limit and then becomes a table; a string turns it into a pack,
/// or a table if it or the pack would be too big; a pack becomes a table when it would pass its limits; nothing turns back by itself.</para>
/// <para>Members are given with their hash where it is known (see <see cref="KeyHash"/>), else 0.</para>
/// </remarks>
public unsafe struct SetValue
{
    /// <summary>Refers to a set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SetValue(ValueEncoding encoding, byte* address)
    {
        Encoding = encoding;
        Address = address;
    }

    /// <summary>How the set is held.</summary>
    public ValueEncoding Encoding { get; private set; }

    /// <summary>Where it lies; null if there is none.</summary>
    public byte* Address { get; private set; }

    /// <summary>Whether there is a set.</summary>
    public readonly bool Exists => Address != null;

    /// <summary>Whether it is held as a table.</summary>
    public readonly bool IsTable
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Encoding == ValueEncoding.HashTable;
    }

    /// <summary>The table; only if <see cref="IsTable"/>.</summary>
    public readonly SetTable* Table => (SetTable*)Address;

    /// <summary>The number of members.</summary>
    public readonly long Count => Encoding switch
    {
        ValueEncoding.IntSet => new IntSet(Address).Count,
        ValueEncoding.ListPack => new ListPack(Address).Count,
        _ => Table->Count,
    };

    /// <summary>The memory that the set occupies, in bytes.</summary>
    public readonly long AllocatedBytes => Encoding switch
    {
        ValueEncoding.IntSet => new IntSet(Address).AllocatedBytes,
        ValueEncoding.ListPack => new ListPack(Address).AllocatedBytes,
        _ => Table->AllocatedBytes,
    };

    /// <summary>The set of an entry, or none if there is no entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static SetValue Of(Entry entry) => entry.Exists ? new SetValue(entry.Encoding, entry.Collection) : default;

    /// <summary>Makes an empty intset.</summary>
    public static SetValue CreateIntSet() => new(ValueEncoding.IntSet, IntSet.Create().Address);

    /// <summary>Makes an empty listpack.</summary>
    /// <param name="capacity">Bytes to make room for at once.</param>
    public static SetValue CreatePack(int capacity = 0) => new(ValueEncoding.ListPack, ListPack.Create(capacity).Address);

    /// <summary>Makes an empty table.</summary>
    public static SetValue CreateTable() => new(ValueEncoding.HashTable, (byte*)SetTable.Create());

    /// <summary>Makes an empty set in the encoding that suits its first member and how many will come.</summary>
    public static SetValue CreateFor(ReadOnlySpan<byte> member, long expected, in SetLimits limits)
    {
        if (expected <= limits.IntSetEntries && IsInteger(member, out _))
            return CreateIntSet();
        return expected <= limits.PackEntries ? CreatePack() : CreateTable();
    }

    /// <summary>Makes room for so many members, if the set is a table without any.</summary>
    public readonly void Reserve(long members)
    {
        if (Encoding == ValueEncoding.HashTable)
            Table->Reserve(members);
    }

    /// <summary>Puts a set that has been changed back into its entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void StoreIn(Entry entry)
    {
        if (entry.Collection != Address || entry.Encoding != Encoding)
            entry.SetCollection(Encoding, Address);
    }

    /// <summary>A copy that shares nothing.</summary>
    public readonly SetValue Copy() => new(Encoding, Encoding switch
    {
        ValueEncoding.IntSet => new IntSet(Address).Copy().Address,
        ValueEncoding.ListPack => new ListPack(Address).Copy().Address,
        _ => (byte*)Table->Copy(),
    });

    /// <summary>Frees the set.</summary>
    public readonly void Free()
    {
        if (Encoding == ValueEncoding.HashTable)
            SetTable.Free(Table);
        else if (Encoding == ValueEncoding.ListPack)
            new ListPack(Address).Free();
        else
            new IntSet(Address).Free();
    }

    // --- members --------------------------------------------------------------------------------------------------

    /// <summary>Whether a member is in the set.</summary>
    public readonly bool Contains(ReadOnlySpan<byte> member, ulong hash = 0)
    {
        if (IsTable)
        {
            fixed (byte* data = member)
                return Table->Contains(data, member.Length, HashOf(data, member.Length, hash));
        }
        if (Encoding == ValueEncoding.ListPack)
            return ListPack.Find(new ListPack(Address).First, member, skip: 0) != null;
        return IsInteger(member, out long integer) && new IntSet(Address).Contains(integer);
    }

    /// <summary>Whether a member, of this set or another, is in the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Contains(in PackedValue member, ulong hash = 0)
    {
        if (hash != 0 && IsTable)
            return Table->Contains(member.Data, member.Length, hash);
        return ContainsElsewhere(member);
    }

    /// <summary>Makes the set a table if so many members would be too many for what it is now.</summary>
    public void Expect(long members, in SetLimits limits)
    {
        if ((Encoding == ValueEncoding.IntSet && members > limits.IntSetEntries) || (Encoding == ValueEncoding.ListPack && members > limits.PackEntries))
            BecomeTable();
    }

    /// <summary>Adds a member.</summary>
    /// <returns>Whether it was not there.</returns>
    public bool Add(ReadOnlySpan<byte> member, ulong hash, in SetLimits limits)
    {
        if (!IsTable)
        {
            if (Encoding == ValueEncoding.IntSet)
            {
                if (IsInteger(member, out long integer))
                    return Add(integer, limits);
                MakeRoomForString(member.Length, limits);
            }
            if (Encoding == ValueEncoding.ListPack)
            {
                var pack = new ListPack(Address);
                if (ListPack.Find(pack.First, member, skip: 0) != null)
                    return false;
                if (pack.Count < limits.PackEntries && member.Length <= limits.PackValue && pack.HasRoomFor(ListPack.SizeFor(member)))
                {
                    Address = pack.Append(member).Address;
                    return true;
                }
                BecomeTable();
            }
        }
        fixed (byte* data = member)
            return Table->Add(data, member.Length, HashOf(data, member.Length, hash));
    }

    /// <summary>Adds a member of another set.</summary>
    public bool Add(in PackedValue member, in SetLimits limits) => Add(member, 0, limits);

    /// <summary>Adds a member of another set.</summary>
    public bool Add(in PackedValue member, ulong hash, in SetLimits limits)
    {
        if (member.IsInteger && Encoding == ValueEncoding.IntSet)
            return Add(member.Integer, limits);
        byte* digits = stackalloc byte[PackedValue.MostDigits];
        return Add(member.Bytes(new Span<byte>(digits, PackedValue.MostDigits)), hash, limits);
    }

    /// <summary>Removes a member.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(ReadOnlySpan<byte> member, ulong hash = 0)
    {
        if (IsTable)
        {
            fixed (byte* data = member)
                return Table->Remove(data, member.Length, HashOf(data, member.Length, hash));
        }
        if (Encoding == ValueEncoding.ListPack)
        {
            var pack = new ListPack(Address);
            byte* element = ListPack.Find(pack.First, member, skip: 0);
            if (element == null)
                return false;
            Address = pack.Remove(element, out _).Address;
            return true;
        }
        if (!IsInteger(member, out long integer))
            return false;
        Address = new IntSet(Address).Remove(integer, out bool removed).Address;
        return removed;
    }

    /// <summary>Removes a member that another set has.</summary>
    public bool Remove(in PackedValue member, ulong hash = 0)
    {
        byte* digits = stackalloc byte[PackedValue.MostDigits];
        return Remove(member.Bytes(new Span<byte>(digits, PackedValue.MostDigits)), hash);
    }

    /// <summary>A member by chance, each as likely as the others; the set is not empty.</summary>
    public readonly PackedValue Sample(ref FastRandom random)
    {
        if (IsTable)
        {
            byte* data = SetMember.Data(Table->Sample(ref random), out int length);
            return new PackedValue(data, length);
        }
        if (Encoding == ValueEncoding.IntSet)
        {
            var integers = new IntSet(Address);
            return new PackedValue(integers[random.Next(integers.Count)]);
        }
        var pack = new ListPack(Address);
        return ListPack.Read(pack.At(random.Next(pack.Count)));
    }

    /// <summary>Makes a set of nothing but integers an intset unless it has too many.</summary>
    public void BecomeIntSet(in SetLimits limits)
    {
        if (Count > MostIntegers(limits))
            return;
        IntSet integers = IntSet.Create();
        var walk = new SetWalk(this);
        while (walk.Next(out PackedValue member))
        {
            long integer = member.Integer;
            if (!member.IsInteger)
                _ = IsInteger(new ReadOnlySpan<byte>(member.Data, member.Length), out integer);
            integers = integers.Add(integer, out _);
        }
        walk.Dispose();
        Free();
        Encoding = ValueEncoding.IntSet;
        Address = integers.Address;
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    private readonly bool ContainsElsewhere(in PackedValue member)
    {
        if (Encoding == ValueEncoding.IntSet)
            return member.IsInteger ? new IntSet(Address).Contains(member.Integer) : Contains(new ReadOnlySpan<byte>(member.Data, member.Length));
        byte* digits = stackalloc byte[PackedValue.MostDigits];
        return Contains(member.Bytes(new Span<byte>(digits, PackedValue.MostDigits)));
    }

    /// <summary>Whether a string is the only spelling of a 64-bit integer.</summary>
    private static bool IsInteger(ReadOnlySpan<byte> member, out long integer)
    {
        integer = 0;
        return member.Length <= PackedValue.MostDigits && AsciiNumber.TryParseInt64(member, out integer);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HashOf(byte* data, int length, ulong hash) => hash != 0 ? hash : KeyHash.Compute(data, length);

    private static long MostIntegers(in SetLimits limits) => Math.Min(limits.IntSetEntries, IntSet.MostEntries);

    private bool Add(long integer, in SetLimits limits)
    {
        IntSet integers = new IntSet(Address).Add(integer, out bool added);
        Address = integers.Address;
        if (added && integers.Count > MostIntegers(limits))
            BecomeTable();
        return added;
    }

    /// <summary>Makes an intset a pack, or a table if the pack would be too big with a string of this length.</summary>
    private void MakeRoomForString(int length, in SetLimits limits)
    {
        var integers = new IntSet(Address);
        int count = integers.Count;
        int digits = count == 0 ? 0 : Math.Max(new PackedValue(integers.Least).StringLength, new PackedValue(integers.Greatest).StringLength);
        long most = count == 0 ? 0 : (long)count * Math.Max(ListPack.SizeFor(integers.Least), ListPack.SizeFor(integers.Greatest));
        if (count >= limits.PackEntries || length > limits.PackValue || digits > limits.PackValue || most + length > ListPack.MostBytes / 2)
        {
            BecomeTable();
            return;
        }
        ListPack pack = ListPack.Create((int)most + ListPack.EmptySize);
        for (int i = 0; i < count; i++)
            pack = pack.Append(integers[i]);
        integers.Free();
        Encoding = ValueEncoding.ListPack;
        Address = pack.Address;
    }

    private void BecomeTable()
    {
        SetTable* table = SetTable.Create();
        byte* digits = stackalloc byte[PackedValue.MostDigits];
        var walk = new SetWalk(this);
        while (walk.Next(out PackedValue member))
        {
            fixed (byte* data = member.Bytes(new Span<byte>(digits, PackedValue.MostDigits)))
            {
                int length = member.StringLength;
                table->AddNew(data, length, KeyHash.Compute(data, length));
            }
        }
        walk.Dispose();
        Free();
        Encoding = ValueEncoding.HashTable;
        Address = (byte*)table;
    }
}
