namespace Carnelian.Protocol;

/// <summary>A whole command of a batch: a range of the parser's arguments, the command name first.</summary>
public struct ParsedCommand
{
    /// <summary>Index of the command name in <see cref="RequestParser.Arguments"/>.</summary>
    public int FirstArgument;

    /// <summary>Number of arguments, the command name included; at least 1.</summary>
    public int ArgumentCount;

    /// <summary>Length of the request on the wire, in bytes.</summary>
    public long RequestBytes;
}
