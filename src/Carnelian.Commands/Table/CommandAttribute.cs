// The one place where a command is declared. The generator in eng/Carnelian.Generators reads these attributes at build
// time and turns them into CommandDefinitions and the texts of COMMAND INFO and COMMAND DOCS; docs/design/commands.md
// describes the notation of Keys and Arguments. The compiler does not store the attributes in the assembly.

using System.Diagnostics;

namespace Carnelian.Commands.Table;

/// <summary>
/// Declares a command. On a static method <c>static void Name(scoped ref CommandContext ctx)</c> the method is the
/// command's handler, on a static class the command is a container of subcommands without a handler of its own.
/// A method may carry several attributes: each declares one command that it handles.
/// </summary>
/// <param name="name">The name in upper case; that of a subcommand has its container before a bar: <c>CLIENT|LIST</c>.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
[Conditional("CARNELIAN_KEEP_COMMAND_ATTRIBUTES")]
public sealed class CommandAttribute(string name) : Attribute
{
    /// <summary>The name in upper case, <c>CONTAINER|SUBCOMMAND</c> for a subcommand.</summary>
    public string Name { get; } = name;

    /// <summary>Number of arguments with the name (and the container's); negative: at least so many.</summary>
    public required int Arity { get; init; }

    /// <summary>The group that COMMAND DOCS names; those of data types and a few others imply an ACL category.</summary>
    public required CommandGroup Group { get; init; }

    /// <summary>The first version of Valkey or Redis that has the command.</summary>
    public required string Since { get; init; }

    /// <summary>What the command does, in one short sentence of our own.</summary>
    public required string Summary { get; init; }

    /// <summary>The time complexity, worded as in Valkey's COMMAND DOCS; null for the few commands that have none.</summary>
    public string? Complexity { get; init; }

    /// <summary>What the command does and where it may run.</summary>
    public CommandFlags Flags { get; init; }

    /// <summary>
    /// ACL categories beyond those that follow from <see cref="Flags"/>. When none is given, a command with a handler
    /// gets its group's category where there is one (string, list, connection, …).
    /// </summary>
    public AclCategories Acl { get; init; }

    /// <summary>Tips for clients, separated by blanks, in the order in which COMMAND INFO gives them.</summary>
    public string? Tips { get; init; }

    /// <summary>Key specifications, one a line: <c>RW access update @1..-1/2</c>.</summary>
    public string? Keys { get; init; }

    /// <summary>
    /// Position of the first argument that names an element of the key's value (a member, a field): where the value is a big table, batches start to
    /// load what the command will look up. 0 for none.
    /// </summary>
    public int FirstElement { get; init; }

    /// <summary>Distance from element to element up to the last argument; 0 if there is only one.</summary>
    public int ElementStep { get; init; }

    /// <summary>The arguments as COMMAND DOCS gives them: <c>key:key, value, [condition(NX | XX)]</c>.</summary>
    public string? Arguments { get; init; }

    /// <summary>Changes of the command, one a line: version, blank, text as in Valkey's COMMAND DOCS.</summary>
    public string? History { get; init; }

    /// <summary>The version that deprecated the command; sets the <c>deprecated</c> documentation flag.</summary>
    public string? DeprecatedSince { get; init; }

    /// <summary>What to use in place of a deprecated command.</summary>
    public string? ReplacedBy { get; init; }

    /// <summary>Sets the <c>syscmd</c> documentation flag: a command that users are not meant to call.</summary>
    public bool SystemCommand { get; init; }

    /// <summary>The module that the command belongs to in Valkey or Redis.</summary>
    public string? Module { get; init; }

    /// <summary>Which shards are locked while the command runs; by default those of its keys.</summary>
    public Locks Locks { get; init; }

    /// <summary>
    /// Name of a static method of the same class, <c>static bool Name(ReadOnlySpan&lt;Argument&gt; arguments, ref KeyList keys)</c>,
    /// that corrects the keys found through <see cref="Keys"/>: other flags for an option, keys that no notation can
    /// describe. False means that the arguments are invalid.
    /// </summary>
    public string? Refine { get; init; }
}
