using Carnelian.Protocol;
using Carnelian.Threading;

namespace Carnelian.Server.Clients;

/// <summary>
/// A client's waiting in a command that only time, CLIENT UNBLOCK or the end of the connection ends.
/// </summary>
/// <remarks>
/// Begins on the client's loop. The timer and any client may end it: the first one to claim it does, and has the reply written on the
/// client's loop. So whoever unblocks a client knows at once whether it has.
/// </remarks>
internal sealed class TimedWait
{
    private readonly Client _client;
    private readonly Action<ReplyWriter> _reply;
    private readonly bool _isSilent;
    private readonly long _endsAt;
    private readonly Timer? _timer;
    private int _isClaimed;

    private TimedWait(Client client, long milliseconds, Action<ReplyWriter> reply)
    {
        _client = client;
        _reply = reply;
        _isSilent = client.Loop.Writer.Discarding;
        if (milliseconds == 0)
            return;
        _endsAt = Clock.Sample() + milliseconds;
        _timer = new Timer(_ => OnTimer());
    }

    /// <summary>Begins to wait. On the client's loop, from its command, which writes no reply itself.</summary>
    /// <param name="client">The client; it is not served until the wait is over.</param>
    /// <param name="milliseconds">How long; 0 is for ever.</param>
    /// <param name="reply">Writes the reply when nothing but time has come.</param>
    public static void Begin(Client client, long milliseconds, Action<ReplyWriter> reply)
    {
        var wait = new TimedWait(client, milliseconds, reply);
        wait.StartTimer();
        client.Set(ClientFlags.Blocked, true);
        client.Loop.SetSuspended(client, isSuspended: true);
        client.Wait = wait;
    }

    /// <summary>Ends the wait before its time. Any thread.</summary>
    /// <param name="isError">Whether the client gets an error; else it gets what time would have brought.</param>
    /// <returns>False if it was over already.</returns>
    public bool TryEnd(bool isError)
    {
        if (!TryClaim())
            return false;
        _client.Post(() => Finish(isError));
        return true;
    }

    /// <summary>Forgets the wait of a client that is gone.</summary>
    public void Cancel() => _ = TryClaim();

    private bool TryClaim()
    {
        if (Interlocked.Exchange(ref _isClaimed, 1) != 0)
            return false;
        _timer?.Dispose();
        return true;
    }

    private void StartTimer() => _timer?.Change(Math.Clamp(_endsAt - Clock.Sample(), 1, int.MaxValue), Timeout.Infinite);

    // No timer runs longer than some 24 days.
    private void OnTimer()
    {
        if (Clock.Sample() >= _endsAt)
            TryEnd(isError: false);
        else if (Volatile.Read(ref _isClaimed) == 0)
            StartTimer();
    }

    private void Finish(bool isError)
    {
        _client.Wait = null;
        _client.Set(ClientFlags.Blocked, false);
        if (isError)
            CountError();
        if (!_isSilent)
            _client.Loop.WriteTo(_client, isError ? static writer => writer.Error("UNBLOCKED client unblocked via CLIENT UNBLOCK"u8) : _reply);
        if (!_client.IsClosed)
            _client.Loop.SetSuspended(_client, isSuspended: false);
    }

    private void CountError()
    {
        _client.Loop.Server.CountError("UNBLOCKED"u8);
        if (_client.LastCommand is { } command)
            _client.Loop.Dispatcher.StatisticsOf(command.Id).Failed++;
    }
}
