using Carnelian.Server.Clients;
using Carnelian.Server.Transport;
using Carnelian.Storage;

namespace Carnelian.Server.Execution;

/// <summary>
/// What other threads want of an event loop: work to run on its thread, clients for it to take, and output for its clients. First in,
/// first out.
/// </summary>
/// <remarks>
/// Any thread puts in; only the loop takes out. Its lock is the last in rank; of two mailboxes, that of the loop which gives a client
/// away is locked before that of the loop which takes it.
/// <para>
/// Invariant: a client changes its loop under the locks of both mailboxes, together with the messages that wait for it, which follow the
/// letter that brings it. So who holds the lock of the client's mailbox knows that the client stays, no message overtakes another, and
/// the new loop gets none before the client.
/// </para>
/// </remarks>
internal sealed unsafe class Mailbox(EventLoop loop, Poller poller)
{
    private readonly Lock _lock = new();
    private List<Letter> _incoming = [];
    private List<Letter> _opened = [];
    private Mailbox? _heir;

    /// <summary>Whether there may be letters.</summary>
    public bool HasLetters => Volatile.Read(ref _incoming).Count != 0;

    /// <summary>Has work run on the loop's thread; when the loop has ended, on that of the main loop.</summary>
    public void Post(Action work) => Put(new Letter(work, null, default));

    /// <summary>Brings the loop a client. The caller holds the lock of the <see cref="LoopSet"/>, so that the loop does not end before.</summary>
    public void Post(Client client) => Put(new Letter(null, client, default));

    /// <summary>Appends a message to a client's output, wherever it lives; takes over one reference of the block.</summary>
    public static void Post(Client client, StringBlock message)
    {
        Interlocked.Add(ref client.BytesUnderWay, message.Length);
        var letter = new Letter(null, client, message);
        while (!client.Loop.Mailbox.TryPut(letter))
        {
            // The client has moved between the look at its loop and the lock.
        }
    }

    /// <summary>Throws all letters away. The loop's thread, at its end.</summary>
    /// <returns>The clients that were on their way to it.</returns>
    public List<Client> Discard()
    {
        var clients = new List<Client>();
        foreach (Letter letter in Open())
        {
            if (letter.Message.Address != null)
                letter.Message.Release();
            else if (letter.Client is { IsClosed: false } client)
                clients.Add(client);
        }
        return clients;
    }

    /// <summary>Takes all letters out. The loop's thread; the list is reused by the next call.</summary>
    public List<Letter> Open()
    {
        _opened.Clear();
        lock (_lock)
            (_incoming, _opened) = (_opened, _incoming);
        return _opened;
    }

    /// <summary>
    /// Hands clients to other loops, with the messages that wait for them. The loop's thread, when it has read all opened letters.
    /// </summary>
    /// <param name="moves">The clients and their new loops.</param>
    /// <param name="heir">Who gets all letters from now on, because the loop ends; null if it goes on.</param>
    public void HandOver(List<(Client Client, EventLoop To)> moves, Mailbox? heir)
    {
        lock (_lock)
        {
            ILookup<Client?, Letter> waiting = _incoming.ToLookup(static letter => letter.Client);
            foreach ((Client client, EventLoop to) in moves)
                to.Mailbox.Take(client, waiting[client]);
            _incoming.RemoveAll(letter => letter.Client != null && letter.Client.Loop != loop);
            if (heir == null)
                return;
            foreach (Letter letter in _incoming)
                heir.Put(letter);
            _incoming.Clear();
            _heir = heir;
        }
    }

    private void Take(Client client, IEnumerable<Letter> messages)
    {
        lock (_lock)
        {
            Add(new Letter(null, client, default));
            foreach (Letter letter in messages)
                Add(letter);
            // Last, because the loop looks at it without the lock: by then there are letters, and the client is not written to directly.
            client.Loop = loop;
        }
    }

    private bool TryPut(Letter letter)
    {
        lock (_lock)
        {
            if (letter.Client!.Loop != loop)
                return false;
            if (_heir == null)
            {
                Add(letter);
                return true;
            }
        }
        // A loop that has ended has no clients but closed ones.
        Interlocked.Add(ref letter.Client.BytesUnderWay, -letter.Message.Length);
        letter.Message.Release();
        return true;
    }

    private void Put(Letter letter)
    {
        Mailbox? heir;
        lock (_lock)
        {
            heir = _heir;
            if (heir == null)
                Add(letter);
        }
        heir?.Put(letter);
    }

    // Under the lock, because a loop that has ended frees its poller.
    private void Add(Letter letter)
    {
        _incoming.Add(letter);
        poller.Wake();
    }

    /// <summary>Work, or a client, or with a message output for that client.</summary>
    public readonly record struct Letter(Action? Work, Client? Client, StringBlock Message);
}
