using Carnelian.Commands.Table;
using Carnelian.Server.Execution;
using Carnelian.Server.Transactions;
using Carnelian.Threading;

namespace Carnelian.Server.Clients;

/// <summary>
/// CLIENT PAUSE: for some time commands, or those that may change data, wait where they were read.
/// </summary>
/// <remarks>
/// Any thread. While a pause is in force the server has the condition <see cref="ServerCondition.Paused"/>, which sends every
/// command through <see cref="Admission"/>; that suspends the clients whose commands have to wait. Whoever begins a pause then
/// waits, without locks, until no loop executes a command that it had admitted before (<see cref="LoopSet.Quiesce"/>). The lock is
/// short and comes before those of mailboxes.
/// </remarks>
internal sealed class ClientPause : IDisposable
{
    private const CommandFlags MayChangeData = CommandFlags.Write | CommandFlags.MayReplicate;
    private const long LongestTimer = int.MaxValue;

    private readonly ServerInstance _server;
    private readonly Lock _lock = new();
    private readonly Timer _timer;
    private List<Client> _suspended = [];
    private EventLoop? _begunBy;
    private bool _isInForce;
    private volatile bool _holdsAll;
    private long _endsAt;

    public ClientPause(ServerInstance server)
    {
        _server = server;
        _timer = new Timer(_ => OnTimer());
    }

    /// <summary>Whether there is a pause.</summary>
    public bool IsInForce => (_server.Condition & ServerCondition.Paused) != 0;

    /// <summary>Whether all commands wait, and not only those that may change data.</summary>
    public bool HoldsAll => IsInForce && _holdsAll;

    /// <summary>How long the pause will last, in milliseconds; 0 if there is none.</summary>
    public long RemainingMilliseconds => IsInForce ? Math.Max(Volatile.Read(ref _endsAt) - Clock.Sample(), 0) : 0;

    /// <summary>Begins a pause, or makes the one in force longer or stricter; never shorter or less strict.</summary>
    /// <param name="loop">The loop whose command it is; it owes the others its waiting.</param>
    /// <param name="milliseconds">The time from now.</param>
    /// <param name="holdsAll">Whether reading commands wait too.</param>
    public void Begin(EventLoop loop, long milliseconds, bool holdsAll)
    {
        lock (_lock)
        {
            long endsAt = Clock.Sample() + milliseconds;
            _holdsAll = holdsAll || _isInForce && _holdsAll;
            Volatile.Write(ref _endsAt, _isInForce ? Math.Max(_endsAt, endsAt) : endsAt);
            _isInForce = true;
            _begunBy = loop;
            loop.OwesQuiescence = true;
            _server.SetCondition(ServerCondition.Paused, true);
            StartTimer();
        }
    }

    /// <summary>Says that no command that was admitted before the pause runs any more: from now on the data does not change.</summary>
    /// <param name="loop">The loop that has waited for all others; nothing happens unless it is the last that began a pause.</param>
    public void Settle(EventLoop loop)
    {
        lock (_lock)
        {
            if (_begunBy != loop)
                return;
            _begunBy = null;
            _server.ChooseKeptExpired();
        }
    }

    /// <summary>Ends the pause; those who wait go on, on their loops.</summary>
    public void End()
    {
        lock (_lock)
            EndLocked();
    }

    /// <summary>Whether a client's command has to wait. The client's loop.</summary>
    public bool Holds(Client client, CommandDefinition command) =>
        !client.Is(ClientFlags.Monitor | ClientFlags.Replica) && (_holdsAll || MayChange(client, command));

    /// <summary>Makes a client wait until the pause ends.</summary>
    /// <returns>False if it has just ended.</returns>
    public bool TrySuspend(Client client)
    {
        lock (_lock)
        {
            if (!_isInForce)
                return false;
            client.Loop.SetSuspended(client, isSuspended: true);
            _suspended.Add(client);
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private bool MayChange(Client client, CommandDefinition command)
    {
        if ((command.Flags & MayChangeData) != 0)
            return true;
        // A transaction that has failed already changes nothing.
        if (client.QueuedCommands == null || command != _server.Known.Exec || client.Is(ClientFlags.DirtyExec))
            return false;
        foreach (QueuedCommand queued in client.QueuedCommands)
        {
            if ((queued.Command.Flags & MayChangeData) != 0)
                return true;
        }
        return false;
    }

    private void StartTimer() => _timer.Change(Math.Clamp(_endsAt - Clock.Sample(), 1, LongestTimer), Timeout.Infinite);

    private void OnTimer()
    {
        lock (_lock)
        {
            if (!_isInForce)
                return;
            if (Clock.Sample() < _endsAt)
                StartTimer();
            else
                EndLocked();
        }
    }

    private void EndLocked()
    {
        if (!_isInForce)
            return;
        _isInForce = false;
        _server.SetCondition(ServerCondition.Paused, false);
        _server.ChooseKeptExpired();
        _timer.Change(Timeout.Infinite, Timeout.Infinite);
        List<Client> suspended = _suspended;
        _suspended = [];
        foreach (Client client in suspended)
            client.Post(() => client.Loop.SetSuspended(client, isSuspended: false));
    }
}
