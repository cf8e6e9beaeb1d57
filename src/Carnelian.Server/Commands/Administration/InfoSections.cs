using System.Text;
using Carnelian.Commands;

namespace Carnelian.Server.Commands.Administration;

/// <summary>Which sections of INFO were asked for. Their order in the reply is fixed; the order of the arguments does not matter.</summary>
internal sealed class InfoSections
{
    private static readonly string[] Default =
        ["server", "clients", "memory", "persistence", "stats", "replication", "cpu", "module_list", "errorstats", "cluster", "keyspace"];

    private static readonly string[] All = [.. Default, "tls", "commandstats", "latencystats", "cluster_info", "scriptingengines"];

    private readonly HashSet<string> _wanted = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the arguments of INFO; without any the default sections are meant.</summary>
    public InfoSections(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount == 1)
            _wanted.UnionWith(Default);
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            string name = Encoding.Latin1.GetString(ctx.Arg(i)).ToLowerInvariant();
            switch (name)
            {
                case "default":
                    _wanted.UnionWith(Default);
                    break;
                case "all" or "everything":
                    _wanted.UnionWith(All);
                    break;
                case "modules":
                    _wanted.Add("module_list");
                    break;
                default:
                    _wanted.Add(name);
                    break;
            }
        }
    }

    private InfoSections(string[] names) => _wanted.UnionWith(names);

    /// <summary>All sections.</summary>
    public static InfoSections Everything => new(All);

    /// <summary>Whether a section was asked for.</summary>
    /// <param name="name">Its name as an argument, in lower case.</param>
    public bool Contains(string name) => _wanted.Contains(name);
}
