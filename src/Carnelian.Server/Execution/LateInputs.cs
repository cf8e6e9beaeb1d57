using Carnelian.Server.Clients;

namespace Carnelian.Server.Execution;

/// <summary>
/// Input that was read while letters waited for the loop. It may have been sent by somebody who knows of a message in one of them, since its
/// publisher has told; so the message must stand before the reply, and the input waits until the letters have been opened.
/// </summary>
/// <remarks>One a loop, on its thread.</remarks>
internal sealed class LateInputs(EventLoop loop)
{
    private readonly List<Client> _clients = [];

    /// <summary>Whether the loop has letters, so that what it has just read has to wait.</summary>
    public bool MustWait => loop.Mailbox.HasLetters;

    /// <summary>Keeps what was read from a client.</summary>
    public unsafe void Keep(Client client, InputBatch input)
    {
        if (input.IsShared)
            client.KeepQuery(input.Position, (int)(input.End - input.Position), 0);
        _clients.Add(client);
    }

    /// <summary>Goes on with what was kept. The letters have been opened.</summary>
    public void Process()
    {
        foreach (Client client in _clients)
        {
            // It may have gone to another loop, which has processed what it brought.
            if (client.Loop == loop)
                loop.ProcessKept(client);
        }
        _clients.Clear();
    }
}
