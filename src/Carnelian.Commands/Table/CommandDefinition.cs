// What the server knows about a command. The fields that the dispatcher reads are filled when the table is built; the
// texts of COMMAND INFO and COMMAND DOCS stay in the assembly's constant data until somebody asks for them.
// A definition belongs to one CommandTable lineage (it is made afresh by each GeneratedCommands.Create()), is complete
// once that table is built and is not changed afterwards: any thread may read it.

using System.Text;

namespace Carnelian.Commands.Table;

/// <summary>A command: its facts, its handler, its place among containers and subcommands.</summary>
public sealed unsafe class CommandDefinition
{
    private readonly delegate*<int, ReadOnlySpan<byte>> _documentation;
    private readonly delegate*<int, ReadOnlySpan<byte>> _details;
    private readonly int _index;
    private readonly int _ownNameAt;
    private string? _name;

    /// <summary>Called by generated code.</summary>
    /// <param name="name">Name in lower case, with its container's before a bar.</param>
    /// <param name="arity">Number of arguments; negative: at least so many.</param>
    /// <param name="flags">Flags as declared.</param>
    /// <param name="acl">ACL categories as declared.</param>
    /// <param name="group">The group; implies a category when <paramref name="acl"/> is empty and there is a handler.</param>
    /// <param name="locks">Shards to lock.</param>
    /// <param name="keySpecs">Key specifications.</param>
    /// <param name="handler">The handler; null for a container that only has subcommands.</param>
    /// <param name="refine">Corrects the keys found through the specifications, or null.</param>
    /// <param name="module">Name of the module, or null.</param>
    /// <param name="documentation">Gives the COMMAND DOCS text of a command by its index.</param>
    /// <param name="details">Gives the end of the COMMAND INFO text of a command by its index.</param>
    /// <param name="index">The index that the two functions take.</param>
    public CommandDefinition(
        ReadOnlySpan<byte> name,
        int arity,
        CommandFlags flags,
        AclCategories acl,
        CommandGroup group,
        Locks locks,
        KeySpec[] keySpecs,
        delegate*<ref CommandContext, void> handler,
        delegate*<ReadOnlySpan<Protocol.Argument>, ref KeyList, bool> refine,
        string? module,
        delegate*<int, ReadOnlySpan<byte>> documentation,
        delegate*<int, ReadOnlySpan<byte>> details,
        int index)
    {
        Utf8Name = name.ToArray();
        for (int i = 1; i < name.Length; i++)
        {
            if (name[i] == (byte)'|')
                _ownNameAt = i + 1;
        }

        Arity = arity;
        Group = group;
        KeySpecs = keySpecs;
        Handler = handler;
        Refine = refine;
        Module = module;
        _documentation = documentation;
        _details = details;
        _index = index;

        LegacyKeyRange range = LegacyKeyRange.Of(keySpecs);
        (FirstKey, LastKey, KeyStep) = (range.First, range.Last, range.Step);
        Flags = range.Movable ? flags | CommandFlags.MovableKeys : flags;
        Categories = ImpliedCategories.Of(flags, acl, group, hasHandler: handler != null);
        foreach (KeySpec spec in keySpecs)
            HasKeys |= (spec.Flags & KeyFlags.NotKey) == 0;
        Locks = locks != Locks.Automatic ? locks : HasKeys ? Locks.Keys : Locks.None;
        IsQuick = Locks is Locks.None or Locks.Keys && (Flags & (CommandFlags.Blocking | CommandFlags.MovableKeys)) == 0
            && ((Flags & CommandFlags.Fast) != 0 || group == CommandGroup.String && FirstKey != 0 && FirstKey == LastKey);
    }

    /// <summary>Dense number in the table, from 0; index for counters that are kept per command.</summary>
    public int Id { get; internal set; } = -1;

    /// <summary>The full name in lower case, <c>client|list</c> for a subcommand.</summary>
    public string Name => _name ??= Encoding.UTF8.GetString(Utf8Name);

    /// <summary>The full name in lower case as bytes.</summary>
    public byte[] Utf8Name { get; }

    /// <summary>Number of arguments with the name (and the container's); negative: at least so many.</summary>
    public int Arity { get; }

    /// <summary>What the command does and where it may run.</summary>
    public CommandFlags Flags { get; }

    /// <summary>All its ACL categories, the implied ones too.</summary>
    public AclCategories Categories { get; }

    /// <summary>The group that COMMAND DOCS names.</summary>
    public CommandGroup Group { get; }

    /// <summary>Whether the time of one execution is bounded by the size of its arguments and of its reply.</summary>
    public bool IsQuick { get; }

    /// <summary>Which shards it needs; never <see cref="Locks.Automatic"/>.</summary>
    public Locks Locks { get; }

    /// <summary>Position of the first key; 0 when no key is at a fixed position.</summary>
    public int FirstKey { get; }

    /// <summary>Position of the last key; negative: counted from the end.</summary>
    public int LastKey { get; }

    /// <summary>Distance from key to key.</summary>
    public int KeyStep { get; }

    /// <summary>Position of the first argument that names an element of the key's value; 0 if none does.</summary>
    public int FirstElement { get; init; }

    /// <summary>Distance from element to element; 0 if there is only one.</summary>
    public int ElementStep { get; init; }

    /// <summary>The key specifications.</summary>
    public KeySpec[] KeySpecs { get; }

    /// <summary>Whether the arguments can name keys (channels of sharded pub/sub are none).</summary>
    public bool HasKeys { get; }

    /// <summary>Whether first, last and step do not tell all keys.</summary>
    public bool HasMovableKeys => (Flags & CommandFlags.MovableKeys) != 0 || FirstKey == 0;

    /// <summary>The handler; null for a container that only has subcommands.</summary>
    public delegate*<ref CommandContext, void> Handler { get; }

    /// <summary>Corrects the keys found through the specifications; null for most commands.</summary>
    public delegate*<ReadOnlySpan<Protocol.Argument>, ref KeyList, bool> Refine { get; }

    /// <summary>Name of the module that the command belongs to, or null.</summary>
    public string? Module { get; }

    /// <summary>The container of a subcommand, or null.</summary>
    public CommandDefinition? Parent { get; internal set; }

    /// <summary>Subcommands ordered by name; empty for most commands.</summary>
    public CommandDefinition[] Subcommands { get; internal set; } = [];

    /// <summary>Names of the subcommands, null without any.</summary>
    internal CommandNames? SubcommandNames { get; set; }

    /// <summary>The subcommand's name without the container's, in lower case; the whole name for other commands.</summary>
    public ReadOnlySpan<byte> OwnName => Utf8Name.AsSpan(_ownNameAt);

    /// <summary>The name of a subcommand's container in lower case; empty for other commands.</summary>
    public ReadOnlySpan<byte> ContainerName => Utf8Name.AsSpan(0, Math.Max(0, _ownNameAt - 1));

    /// <summary>What COMMAND DOCS tells about it, but for its subcommands: a map in RESP3.</summary>
    public ReadOnlySpan<byte> Documentation => _documentation(_index);

    /// <summary>The end of its COMMAND INFO reply in RESP3: the sets of tips and of key specifications.</summary>
    public ReadOnlySpan<byte> Details => _details(_index);

    /// <summary>Finds a subcommand by its own name, in any case.</summary>
    /// <returns>The subcommand or null.</returns>
    public CommandDefinition? FindSubcommand(ReadOnlySpan<byte> name) => SubcommandNames?.Find(name);

    /// <summary>Whether a request with so many arguments, the name counted, has the right number of them.</summary>
    public bool AcceptsArgumentCount(int count) => Arity >= 0 ? count == Arity : count >= -Arity;
}
