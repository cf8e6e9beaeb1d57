using System.Runtime.CompilerServices;
using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Commands;

/// <summary>
/// A command in execution, as its handler sees it: arguments, reply, database, time. The locks of its keys are held, and a
/// handler knows nothing of them.
/// </summary>
/// <remarks>Lives on the stack of the event loop that runs the command. Spans that it hands out end with the command.</remarks>
public unsafe ref struct CommandContext
{
    /// <summary>Takes the reply.</summary>
    public readonly ReplyWriter Reply;

    /// <summary>The client that sent the command.</summary>
    public readonly ClientSession Session;

    /// <summary>The server's settings and listeners.</summary>
    public readonly CommandServices Services;

    /// <summary>The command or subcommand.</summary>
    public readonly CommandDefinition Command;

    /// <summary>The client's database.</summary>
    public readonly Database Database;

    /// <summary>The time of the unit, in milliseconds of Unix time.</summary>
    public readonly long Now;

    /// <summary>How many changes the command has made, as <c>rdb_changes_since_last_save</c> counts them.</summary>
    public long Dirty;

    /// <summary>Whether the unit holds the locks of all shards.</summary>
    public bool HoldsAllLocks;

    /// <summary>Whether the command may make its client wait; see <see cref="TryBlock"/>.</summary>
    public BlockingMode Blocking;

    /// <summary>Whether the command's client waits now, so that there is no reply yet.</summary>
    public bool HasBlocked;

    /// <summary>Takes the effects of the unit; null unless somebody reads the journal. See <see cref="ReplaceEffect"/>.</summary>
    public JournalUnit? Effects;

    /// <summary>When the command itself goes to the journal.</summary>
    public Propagation Propagation;

    private readonly Argument* _arguments;

    /// <summary>Made by the dispatcher.</summary>
    public CommandContext(
        CommandDefinition command, Argument* arguments, int count, ReplyWriter reply, ClientSession session, CommandServices services, Database database, long now)
    {
        Command = command;
        _arguments = arguments;
        ArgCount = count;
        Reply = reply;
        Session = session;
        Services = services;
        Database = database;
        Now = now;
    }

    /// <summary>Number of arguments, the command's name (and subcommand's) counted.</summary>
    public readonly int ArgCount { get; }

    /// <summary>All arguments, the command's name first.</summary>
    public readonly ReadOnlySpan<Argument> Arguments => new(_arguments, ArgCount);

    /// <summary>All databases.</summary>
    public readonly Keyspace Keyspace => Database.Keyspace;

    /// <summary>An argument's bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly ReadOnlySpan<byte> Arg(int index) => new(_arguments[index].Data, _arguments[index].Length);

    /// <summary>Takes a reference of the block that an argument was received into, if it has one of its own.</summary>
    public readonly bool TryTakeBlock(int index, out StringBlock block)
    {
        block = default;
        Argument* argument = _arguments + index;
        if ((argument->Flags & Argument.OwnBlock) == 0)
            return false;
        block = StringBlock.OfData(argument->Data);
        block.AddReference();
        return true;
    }

    /// <summary>An argument as a key, its hash computed at most once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Key Key(int index)
    {
        Argument* argument = _arguments + index;
        if (argument->Hash == 0)
            argument->Hash = KeyHash.Compute(argument->Data, argument->Length);
        return new Key(argument->Data, argument->Length, argument->Hash);
    }

    /// <summary>Whether an argument is a word, in any case.</summary>
    /// <param name="index">The argument.</param>
    /// <param name="word">The word in lower case.</param>
    public readonly bool ArgIs(int index, ReadOnlySpan<byte> word) => System.Text.Ascii.EqualsIgnoreCase(Arg(index), word);

    /// <summary>An argument up to its first zero byte, as error texts quote it.</summary>
    public readonly ReadOnlySpan<byte> ArgAsText(int index)
    {
        ReadOnlySpan<byte> bytes = Arg(index);
        int zero = bytes.IndexOf((byte)0);
        return zero < 0 ? bytes : bytes[..zero];
    }

    // --- keys -----------------------------------------------------------------------------------------------------

    /// <summary>Looks a key up for reading.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Entry Find(in Key key)
    {
        Entry entry = Database.Find(key, Now, Session.Lookup);
        if (!entry.Exists && (Services.Notifications & NotificationClass.KeyMiss) != 0)
            Services.Notify(Database.Index, NotificationClass.KeyMiss, "keymiss"u8, key.Bytes);
        return entry;
    }

    /// <summary>Looks a key up for a question that is no access of it; counts as hit or miss.</summary>
    public readonly Entry FindUntouched(in Key key)
    {
        Entry entry = Database.Find(key, Now, Session.Lookup | LookupFlags.NoTouch);
        if (!entry.Exists && (Services.Notifications & NotificationClass.KeyMiss) != 0)
            Services.Notify(Database.Index, NotificationClass.KeyMiss, "keymiss"u8, key.Bytes);
        return entry;
    }

    /// <summary>Looks a key up that may be changed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Entry FindForWrite(in Key key) =>
        Database.Find(key, Now, Session.Lookup | LookupFlags.NoStatistics);

    /// <summary>Looks a key up whose value is about to be replaced: the replacement is the access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Entry FindForOverwrite(in Key key) => Database.Find(key, Now, Session.Lookup | LookupFlags.NoTouch | LookupFlags.NoStatistics);

    /// <summary>Whether an entry that a walk has met is no key any more for the client.</summary>
    public readonly bool IsExpired(Entry entry) =>
        entry.HasDeadline && entry.Deadline < Now && !(Keyspace.KeepsExpired && Session.IsImportSource);

    /// <summary>Whether a deadline lies in the past, so that the key it is meant for is removed instead.</summary>
    public readonly bool IsPast(long deadline) => deadline <= Now && !Keyspace.KeepsExpired && !Session.IsReplaying;

    /// <summary>Whether an entry, if it exists, holds a value of the type; if not, the WRONGTYPE error is written.</summary>
    public readonly bool HasType(Entry entry, Storage.ValueType type)
    {
        if (!entry.Exists || entry.Type == type)
            return true;
        WriteWrongType();
        return false;
    }

    /// <summary>
    /// Says that a key was changed: counts it, marks transactions that watch it, publishes the keyspace event. Once for every
    /// change, after it.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="kind">The class of the event.</param>
    /// <param name="name">The event's name.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Modified(in Key key, NotificationClass kind, ReadOnlySpan<byte> name)
    {
        Dirty++;
        Touch(key);
        if ((Services.Notifications & (kind | NotificationClass.AccessTime)) != 0)
            Announce(Database, key, kind, name);
    }

    /// <summary>Publishes that a key was made. Before the event of the command that made it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Created(in Key key) => Notify(key, NotificationClass.New, "new"u8);

    /// <summary>Publishes that a value is going to be replaced as a whole, if there is one. Before the events of the command that does so.</summary>
    /// <param name="key">The key, which still has the value.</param>
    /// <param name="type">The type of the new value.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Replacing(in Key key, Storage.ValueType type)
    {
        if ((Services.Notifications & (NotificationClass.Overwritten | NotificationClass.TypeChanged)) == 0)
            return;
        Entry old = FindForOverwrite(key);
        if (old.Exists)
            Replaced(Database, key, old.Type, type);
    }

    /// <summary>Publishes that a value has been replaced as a whole, if there was one.</summary>
    public readonly void Replaced(Database database, in Key key, Storage.ValueType? old, Storage.ValueType type)
    {
        if (old == null)
            return;
        NotifyIn(database, key, NotificationClass.Overwritten, "overwritten"u8);
        if (old != type)
            NotifyIn(database, key, NotificationClass.TypeChanged, "type_changed"u8);
    }

    /// <summary>Removes a collection that has become empty, and publishes that. After the event of the command that emptied it.</summary>
    public readonly void RemoveEmptied(in Key key)
    {
        Database.Delete(key, Now, isLazy: false);
        Notify(key, NotificationClass.Generic, "del"u8);
    }

    /// <summary>Marks transactions that watch a key as failed, and has those served who wait for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Touch(in Key key)
    {
        if (Services.TracksKeys || Database.HasObservedKeys(key))
            Services.OnTouched(Database, key);
    }

    /// <summary>Has those look again who wait for a key, after a change that does not concern transactions that watch it.</summary>
    public readonly void Wake(in Key key)
    {
        if (Database.HasObservedKeys(key))
            Services.OnReady(Database, key);
    }

    /// <summary>Publishes a keyspace event if its class is asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Notify(in Key key, NotificationClass kind, ReadOnlySpan<byte> name)
    {
        if ((Services.Notifications & kind) != 0)
            Services.Notify(Database.Index, kind, name, key.Bytes);
    }

    /// <summary>As <see cref="Modified"/>, for a key of any database.</summary>
    public void ModifiedIn(Database database, in Key key, NotificationClass kind, ReadOnlySpan<byte> name)
    {
        Dirty++;
        if (Services.TracksKeys || database.HasObservedKeys(key))
            Services.OnTouched(database, key);
        if ((Services.Notifications & (kind | NotificationClass.AccessTime)) != 0)
            Announce(database, key, kind, name);
    }

    /// <summary>Publishes the event of a change, and notes its time in the key where the eviction policy wants that.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Announce(Database database, in Key key, NotificationClass kind, ReadOnlySpan<byte> name)
    {
        if ((Services.Notifications & NotificationClass.AccessTime) != 0)
        {
            Entry entry = database.Peek(key, Now);
            if (entry.Exists)
                Keyspace.Access.TouchWrite(entry, Now);
        }
        NotifyIn(database, key, kind, name);
    }

    /// <summary>As <see cref="Notify"/>, for a key of any database.</summary>
    public readonly void NotifyIn(Database database, in Key key, NotificationClass kind, ReadOnlySpan<byte> name)
    {
        if ((Services.Notifications & kind) != 0)
            Services.Notify(database.Index, kind, name, key.Bytes);
    }

    /// <summary>Takes a shard's lock for a command that picks its shards itself; nothing to do when the unit holds all.</summary>
    public readonly void EnterShard(int shard)
    {
        if (!HoldsAllLocks)
            Keyspace.Locks.Acquire(shard);
    }

    /// <summary>Gives the lock of <see cref="EnterShard"/> back. What was removed under it, since it had expired, is a step of its own.</summary>
    public readonly void ExitShard(int shard)
    {
        if (HoldsAllLocks)
            return;
        Effects?.Flush(isTransaction: false);
        Keyspace.Locks.Release(shard);
    }

    // --- effects --------------------------------------------------------------------------------------------------

    /// <summary>
    /// Begins a command that goes to the journal in the place of this one: a form that gives the same result wherever and whenever it
    /// runs. Only if <see cref="Effects"/> is not null; the arguments are added there. May be called several times.
    /// </summary>
    /// <param name="arguments">The number of arguments, the command's name counted.</param>
    /// <returns><see cref="Effects"/>.</returns>
    public JournalUnit ReplaceEffect(int arguments)
    {
        Propagation = Propagation.Never;
        Effects!.Begin(Database.Index, arguments);
        return Effects;
    }

    /// <summary>Replaces this command in the journal by a shorter or longer one whose arguments are among its own.</summary>
    /// <param name="name">The name of the other command.</param>
    /// <param name="first">The first argument that follows the name.</param>
    /// <param name="count">How many arguments follow it.</param>
    public void ReplaceEffect(ReadOnlySpan<byte> name, int first, int count)
    {
        if (Effects == null)
            return;
        JournalUnit effects = ReplaceEffect(1 + count);
        effects.Add(name);
        for (int i = first; i < first + count; i++)
            effects.Add(Arg(i));
    }

    /// <summary>Marks an argument, for <see cref="AddMarked"/>.</summary>
    public readonly void Mark(int index) => _arguments[index].Flags |= Argument.Marked;

    /// <summary>Adds the arguments that were marked, and forgets the marks.</summary>
    public readonly void AddMarked()
    {
        for (int i = 0; i < ArgCount; i++)
        {
            if ((_arguments[i].Flags & Argument.Marked) == 0)
                continue;
            _arguments[i].Flags &= ~Argument.Marked;
            Effects!.Add(Arg(i));
        }
    }

    /// <summary>Says that the removal of a key is what the command comes to: DEL, or UNLINK where its value is freed in the background.</summary>
    public void ReplaceByRemoval(in Key key, bool isLazy)
    {
        if (Effects == null)
            return;
        Propagation = Propagation.Never;
        Effects.Add(Database.Index, isLazy ? "UNLINK"u8 : "DEL"u8, key.Bytes);
    }

    /// <summary>Appends the command to the unit's effects, if it has any. By whoever has run the handler.</summary>
    public readonly void CollectEffect()
    {
        if (Propagation == Propagation.Never || (Propagation == Propagation.IfChanged && Dirty == 0))
            return;
        Effects!.Begin(Database.Index, ArgCount, isMessage: Propagation == Propagation.ToReplicas);
        for (int i = 0; i < ArgCount; i++)
            Effects.Add(Arg(i));
    }

    // --- waiting --------------------------------------------------------------------------------------------------

    /// <summary>
    /// Has the client wait until one of the keys may have what the command wants. The handler then returns without a reply; it runs
    /// again, with the same arguments, when such a key has changed, and by the same call waits on if that was not enough.
    /// </summary>
    /// <param name="wait">What the client waits for.</param>
    /// <returns>False if the client must not wait, since it is in a transaction: the handler replies that there is nothing.</returns>
    public bool TryBlock(scoped in KeyWait wait)
    {
        if (Blocking == BlockingMode.Denied)
            return false;
        HasBlocked = true;
        if (Blocking == BlockingMode.Allowed || wait.RetryAt != 0)
            Services.Block(ref this, wait);
        return true;
    }

    // --- errors ---------------------------------------------------------------------------------------------------

    /// <summary>Reads an argument as a 64-bit integer, or writes the error.</summary>
    public readonly bool TryInteger(int index, out long value)
    {
        if (Text.AsciiNumber.TryParseInt64(Arg(index), out value))
            return true;
        Reply.Error("ERR value is not an integer or out of range"u8);
        return false;
    }

    /// <summary>Writes "ERR syntax error".</summary>
    public readonly void WriteSyntaxError() => Reply.Error("ERR syntax error"u8);

    /// <summary>Writes the WRONGTYPE error.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public readonly void WriteWrongType() => Reply.Error("WRONGTYPE Operation against a key holding the wrong kind of value"u8);

    /// <summary>Writes "ERR no such key".</summary>
    public readonly void WriteNoSuchKey() => Reply.Error("ERR no such key"u8);
}
