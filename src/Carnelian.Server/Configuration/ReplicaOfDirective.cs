// The directive replicaof: host and port of the primary. While the server runs the command REPLICAOF changes it.

using System.Globalization;

namespace Carnelian.Server.Configuration;

internal sealed class ReplicaOfDirective : Directive
{
    public ReplicaOfDirective()
        : base("replicaof", DirectiveFlags.Immutable | DirectiveFlags.MultiArgument) => Alias("slaveof");

    public override string Get(ServerConfiguration configuration) =>
        configuration.ReplicaOf is { } primary ? FormattableString.Invariant($"{primary.Host} {primary.Port}") : "";

    public override void Rewrite(ConfigurationRewrite rewrite, ServerConfiguration configuration, ServerConfiguration defaults)
    {
        // A cluster keeps its replicas' primaries in its own file.
        if (configuration.ReplicaOf is not { } primary || configuration.ClusterEnabled)
        {
            rewrite.Remove(Name);
            return;
        }
        bool isPlain = primary.Host.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '-' or '_' or '%');
        string host = isPlain ? primary.Host : ConfigurationText.Quote(primary.Host);
        rewrite.Write(Name, FormattableString.Invariant($"{host} {primary.Port}"), always: true);
    }

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        if (arguments.Length != 2) return "wrong number of arguments";
        if (arguments[0].Equals("no", StringComparison.OrdinalIgnoreCase) && arguments[1].Equals("one", StringComparison.OrdinalIgnoreCase))
        {
            configuration.ReplicaOf = null;
            return null;
        }
        if (!int.TryParse(arguments[1], NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out int port)
            || port is < 0 or > 65535)
            return "Invalid primary port";
        configuration.ReplicaOf = arguments[0].Length == 0 ? null : new ReplicationSource(arguments[0], port);
        return null;
    }
}
