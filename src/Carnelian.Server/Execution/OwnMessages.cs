using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Storage;

namespace Carnelian.Server.Execution;

/// <summary>
/// Messages to the client whose command runs: of channels, of keys, for monitors. They must not get into the middle of its reply, and stand behind it
/// before the next one.
/// </summary>
/// <remarks>One a loop, on its thread.</remarks>
internal sealed unsafe class OwnMessages : IDisposable
{
    private readonly List<(Client Client, StringBlock Message)> _messages = [];

    /// <summary>Whether there are any.</summary>
    public bool Any => _messages.Count != 0;

    /// <summary>Keeps a message until the reply is written.</summary>
    public void Keep(Client client, StringBlock message)
    {
        message.AddReference();
        Interlocked.Add(ref client.BytesUnderWay, message.Length);
        _messages.Add((client, message));
    }

    /// <summary>Writes what is there for the client that is served. Between two of its replies.</summary>
    public void Write(Client client, ReplyWriter writer)
    {
        // A client that wants no replies gets messages all the same.
        bool isSilent = writer.Discarding;
        writer.Discarding = false;
        for (int i = 0; i < _messages.Count; i++)
        {
            (Client target, StringBlock message) = _messages[i];
            if (target == client && !client.Is(ClientFlags.CloseSoon | ClientFlags.CloseAfterReply))
                writer.Raw(new ReadOnlySpan<byte>(message.Data, checked((int)message.Length)));
            if (target == client || target.IsClosed)
                Drop(i--);
        }
        writer.Discarding = isSilent;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (Any)
            Drop(_messages.Count - 1);
    }

    private void Drop(int index)
    {
        (Client client, StringBlock message) = _messages[index];
        Interlocked.Add(ref client.BytesUnderWay, -message.Length);
        message.Release();
        _messages.RemoveAt(index);
    }
}
