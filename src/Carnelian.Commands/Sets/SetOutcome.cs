using System.Runtime.CompilerServices;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Sets;

/// <summary>Where the members go that a command of set algebra finds: into the reply, into a set that is stored in the end, or into a number only.</summary>
internal ref struct SetOutcome
{
    private readonly SetLimits _limits;
    private readonly DeferredLength _length;
    private readonly bool _isReply;
    private readonly int _target;
    private SetValue _stored;

    private SetOutcome(scoped ref CommandContext ctx, bool isReply, int target)
    {
        _limits = SetAccess.Limits(ref ctx);
        _isReply = isReply;
        _target = target;
        if (isReply)
            _length = ctx.Reply.BeginDeferred();
    }

    /// <summary>The number of members so far.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the members are stored.</summary>
    public readonly bool IsStored => _target != 0;

    /// <summary>Members are written as the reply, as they come.</summary>
    public static SetOutcome ToReply(scoped ref CommandContext ctx) => new(ref ctx, isReply: true, target: 0);

    /// <summary>Members become the value of a key.</summary>
    public static SetOutcome ToKey(scoped ref CommandContext ctx, int target) => new(ref ctx, isReply: false, target);

    /// <summary>Members are counted.</summary>
    public static SetOutcome ToNumber(scoped ref CommandContext ctx) => new(ref ctx, isReply: false, target: 0);

    /// <summary>Takes a member that has not come before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Take(scoped ref CommandContext ctx, in PackedValue member)
    {
        Count++;
        if (_isReply)
            SetAccess.Reply(ref ctx, member);
        else if (IsStored)
            Store(member);
    }

    /// <summary>Takes all members of a set that the outcome may keep or free, whatever came before.</summary>
    public void TakeAll(scoped ref CommandContext ctx, SetValue set)
    {
        Count = set.Count;
        if (_isReply)
            SetAccess.ReplyMembers(ref ctx, set);
        if (IsStored)
            _stored = set;
        else
            set.Free();
    }

    /// <summary>For a number that is to be no greater than a limit.</summary>
    public void CutAt(long limit) => Count = Math.Min(Count, limit);

    /// <summary>Writes the reply; stores the members first if they are meant for a key, which is removed if there are none.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="eventName">The keyspace event of the key that was set.</param>
    public readonly void Complete(scoped ref CommandContext ctx, ReadOnlySpan<byte> eventName)
    {
        if (_isReply)
        {
            ctx.Reply.EndSet(_length, (int)Math.Min(Count, int.MaxValue));
            return;
        }
        if (IsStored)
            Publish(ref ctx, eventName);
        ctx.Reply.Integer(Count);
    }

    private readonly unsafe void Publish(scoped ref CommandContext ctx, ReadOnlySpan<byte> eventName)
    {
        Key key = ctx.Key(_target);
        bool isNew = !ctx.FindForOverwrite(key).Exists;
        if (Count != 0)
        {
            ctx.Replacing(key, ValueType.Set);
            ctx.Database.SetCollection(key, ValueType.Set, _stored.Encoding, _stored.Address, ctx.Now);
            if (isNew)
                ctx.Created(key);
            ctx.Modified(key, NotificationClass.Set, eventName);
            return;
        }
        if (_stored.Exists)
            _stored.Free();
        if (isNew)
            return;
        ctx.Database.Delete(key, ctx.Now, ctx.Services.LazyServerDelete);
        ctx.Modified(key, NotificationClass.Generic, "del"u8);
    }

    private void Store(in PackedValue member)
    {
        if (!_stored.Exists)
            _stored = SetValue.CreateIntSet();
        _stored.Add(member, _limits);
    }
}
