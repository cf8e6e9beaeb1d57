namespace Carnelian.Linearizability;

/// <summary>
/// What one connection did in one step, and when: the server executed it at some moment between
/// <see cref="Invoked"/> and <see cref="Returned"/>.
/// </summary>
/// <param name="Client">The connection.</param>
/// <param name="Group">The group of keys that it touches; groups share no keys.</param>
/// <param name="Requests">One command, or those of a transaction.</param>
internal sealed record Operation(int Client, int Group, Request[] Requests)
{
    /// <summary>Stopwatch ticks before it was sent.</summary>
    public long Invoked { get; set; }

    /// <summary>Stopwatch ticks after its reply was read.</summary>
    public long Returned { get; set; }

    /// <summary>What the commands returned, see <see cref="KeyModel"/>.</summary>
    public string Result { get; set; } = "";

    public override string ToString() =>
        $"client {Client} [{Invoked}, {Returned}] {(Requests.Length > 1 ? "MULTI " : "")}{string.Join("; ", (object[])Requests)} -> {Result}";
}
