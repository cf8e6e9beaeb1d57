using Carnelian.Server.Clients;
using Carnelian.Server.Transport;
using Carnelian.Storage;

namespace Carnelian.Server.Execution;

/// <summary>
/// What other threads want of an event loop: work to run on its thread, and output for its clients. First in, first out.
/// </summary>
/// <remarks>Any thread puts in; only the loop takes out. Its lock is the last in rank.</remarks>
internal sealed class Mailbox(Poller poller)
{
    private readonly Lock _lock = new();
    private List<Letter> _incoming = [];
    private List<Letter> _opened = [];

    /// <summary>Whether there may be letters.</summary>
    public bool HasLetters => Volatile.Read(ref _incoming).Count != 0;

    /// <summary>Has work run on the loop's thread.</summary>
    public void Post(Action work) => Put(new Letter(work, null, default));

    /// <summary>Appends a message to a client's output; the mailbox takes over one reference of the block.</summary>
    public void Post(Client client, StringBlock message)
    {
        Interlocked.Add(ref client.BytesUnderWay, message.Length);
        Put(new Letter(null, client, message));
    }

    /// <summary>Takes all letters out. The loop's thread; the list is reused by the next call.</summary>
    public List<Letter> Open()
    {
        _opened.Clear();
        lock (_lock)
            (_incoming, _opened) = (_opened, _incoming);
        return _opened;
    }

    private void Put(Letter letter)
    {
        lock (_lock)
            _incoming.Add(letter);
        poller.Wake();
    }

    /// <summary>Work, or output for a client.</summary>
    public readonly record struct Letter(Action? Work, Client? Client, StringBlock Message);
}
