using System.Diagnostics.CodeAnalysis;
using Carnelian.Storage;
using Carnelian.Text;

namespace Carnelian.Commands.Keys;

/// <summary>Reads arguments that name a database by its number.</summary>
internal static class DatabaseArgument
{
    /// <summary>Reads the number of a database that exists, or writes the error.</summary>
    public static bool TryRead(scoped ref CommandContext ctx, int index, [NotNullWhen(true)] out Database? database)
    {
        database = null;
        if (!ctx.TryInteger(index, out long number))
            return false;
        if (number is < int.MinValue or > int.MaxValue)
        {
            ctx.Reply.Error("ERR value is out of range, value must between -2147483648 and 2147483647"u8);
            return false;
        }
        if (number < 0 || number >= ctx.Keyspace.DatabaseCount)
        {
            ctx.Reply.Error("ERR DB index is out of range"u8);
            return false;
        }
        database = ctx.Keyspace[(int)number];
        return true;
    }

    /// <summary>Reads a 32-bit number, which may be that of no database, or writes the given error.</summary>
    public static bool TryNumber(scoped ref CommandContext ctx, int index, ReadOnlySpan<byte> error, out int number)
    {
        number = 0;
        if (!AsciiNumber.TryParseInt64(ctx.Arg(index), out long value) || value is < int.MinValue or > int.MaxValue)
        {
            ctx.Reply.Error(error);
            return false;
        }
        number = (int)value;
        return true;
    }
}
