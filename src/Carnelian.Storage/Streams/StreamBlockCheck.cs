using System.Buffers.Binary;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Streams;

/// <summary>
/// Whether bytes from outside are a block that can be used without leaving it: what all code that walks blocks relies on.
/// </summary>
public static unsafe class StreamBlockCheck
{
    /// <summary>Checks a block.</summary>
    /// <param name="bytes">The block.</param>
    /// <param name="isDeep">False checks only the header: for bytes that are trusted.</param>
    public static bool IsValid(ReadOnlySpan<byte> bytes, bool isDeep)
    {
        if (!isDeep)
            return bytes.Length > ListPack.EmptySize && bytes.Length <= ListPack.MostBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == (uint)bytes.Length && bytes[^1] == 0xFF;
        if (!ListPack.IsValid(bytes))
            return false;
        fixed (byte* address = bytes)
        {
            var walk = new Walk(new ListPack(address));
            return walk.Run();
        }
    }

    /// <summary>Reads a block element by element; every read may meet the end, or text where a number belongs.</summary>
    private ref struct Walk(ListPack pack)
    {
        private readonly byte* _end = pack.EndMark;
        private byte* _at = pack.Address + ListPack.HeaderSize;

        public bool Run()
        {
            if (!TryRead(out long live) || !TryRead(out long deleted) || !TryRead(out long fields)
                || live < 0 || deleted < 0 || fields < 0 || !TrySkip(fields) || !TryRead(out long terminator) || terminator != 0)
            {
                return false;
            }
            long seenLive = 0, seenDeleted = 0;
            while (_at != _end)
            {
                if (!TryReadEntry(fields, out bool isDeleted))
                    return false;
                if (isDeleted)
                    seenDeleted++;
                else
                    seenLive++;
            }
            return seenLive == live && seenDeleted == deleted;
        }

        private bool TryReadEntry(long masterFields, out bool isDeleted)
        {
            isDeleted = false;
            if (!TryRead(out long flags) || flags is < 0 or > (StreamBlock.DeletedFlag | StreamBlock.SameFieldsFlag) || !TryRead(out _) || !TryRead(out _))
                return false;
            isDeleted = (flags & StreamBlock.DeletedFlag) != 0;
            long elements;
            if ((flags & StreamBlock.SameFieldsFlag) != 0)
            {
                if (!TrySkip(masterFields))
                    return false;
                elements = masterFields + 3;
            }
            else
            {
                if (!TryRead(out long fields) || fields is < 0 or > ListPack.MostBytes || !TrySkip(2 * fields))
                    return false;
                elements = 2 * fields + 4;
            }
            return TryRead(out long count) && count == elements;
        }

        private bool TryRead(out long value)
        {
            value = 0;
            if (_at == _end)
                return false;
            PackedValue element = ListPack.Read(_at);
            _at = ListPack.Skip(_at);
            value = element.Integer;
            return element.IsInteger;
        }

        private bool TrySkip(long elements)
        {
            for (; elements > 0; elements--)
            {
                if (_at == _end)
                    return false;
                _at = ListPack.Skip(_at);
            }
            return true;
        }
    }
}
