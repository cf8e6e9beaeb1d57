namespace Carnelian.Commands.Hashes;

/// <summary>
/// The end of the commands on field deadlines: FIELDS, the number of fields, the fields, of which each may be a pair with its value.
/// </summary>
internal static class FieldArguments
{
    /// <summary>Finds the word FIELDS from an argument on.</summary>
    /// <returns>Its index, or 0.</returns>
    public static int Find(scoped ref CommandContext ctx, int from)
    {
        for (int i = from; i < ctx.ArgCount - 1; i++)
        {
            if (ctx.ArgIs(i, "fields"u8))
                return i;
        }
        return 0;
    }

    /// <summary>Reads the arguments of a command that has FIELDS right behind the key, or writes the error.</summary>
    public static bool TryRead(scoped ref CommandContext ctx, out int first)
    {
        first = 4;
        if (ctx.ArgIs(2, "fields"u8))
            return TryCount(ref ctx, 2, 1, out first);
        ctx.WriteSyntaxError();
        return false;
    }

    /// <summary>Reads the number behind FIELDS, which has to be that of the arguments that follow, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="fields">The index of FIELDS; 0 if it is missing.</param>
    /// <param name="width">How many arguments belong to a field.</param>
    /// <param name="first">The first field.</param>
    public static bool TryCount(scoped ref CommandContext ctx, int fields, int width, out int first)
    {
        first = fields + 2;
        long count = 0;
        if (fields != 0 && !ctx.TryInteger(fields + 1, out count))
            return false;
        int given = ctx.ArgCount - first;
        if (count > 0 && count <= given && count * width == given)
            return true;
        ctx.Reply.Error("ERR numfields should be greater than 0 and match the provided number of fields"u8);
        return false;
    }
}
