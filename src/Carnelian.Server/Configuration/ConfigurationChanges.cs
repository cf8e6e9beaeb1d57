// CONFIG SET: all directives change or none does. Three passes: look at the names, store the values, make them take effect.
// When a later pass fails, the old values come back and take effect again.

namespace Carnelian.Server.Configuration;

internal sealed class ConfigurationChanges
{
    private readonly Dictionary<Directive, List<Func<ServerConfiguration, string?>>> _appliers = [];

    public Action<string>? Warning { get; set; }

    /// <summary>Gives the error reply for what cannot be set while data is being loaded, or null if none is.</summary>
    public Func<string?>? LoadingError { get; set; }

    public void OnApply(Directive directive, Func<ServerConfiguration, string?> apply)
    {
        if (!_appliers.TryGetValue(directive, out List<Func<ServerConfiguration, string?>>? list)) _appliers.Add(directive, list = []);
        list.Add(apply);
    }

    /// <summary>Gives the error reply, or null.</summary>
    public string? Set(ServerConfiguration configuration, ReadOnlySpan<KeyValuePair<string, string>> pairs, bool local)
    {
        var changes = new List<Change>(pairs.Length);
        foreach ((string name, string value) in pairs)
        {
            if (!DirectiveTable.ByName.TryGetValue(name, out Directive? directive))
                return $"ERR Unknown option or number of arguments for CONFIG SET - '{name.Split('\0')[0]}'";
            if (Refusal(configuration, directive, local) is { } refusal) return Failure(name, refusal);
            if (directive.Has(DirectiveFlags.NotWhileLoading) && LoadingError?.Invoke() is { } loadingError) return loadingError;
            string knownName = name.Equals(directive.Name, StringComparison.OrdinalIgnoreCase) ? directive.Name : directive.OldName!;
            foreach (Change earlier in changes)
            {
                if (earlier.Name == knownName) return Failure(name, "duplicate parameter");
            }
            changes.Add(new Change(knownName, directive, value, directive.Get(configuration)));
        }

        for (int i = 0; i < changes.Count; i++)
        {
            if (Store(configuration, changes[i].Directive, changes[i].NewValue) is not { } error) continue;
            Restore(configuration, changes, i);
            return Failure(changes[i].Name, error);
        }

        if (Apply(configuration, changes, out string failedName) is not { } applyError) return null;
        Warning?.Invoke($"Failed applying new configuration. Possibly related to new {failedName} setting. Restoring previous settings.");
        List<Change> undone = [.. changes.Select(c => c with { NewValue = c.OldValue, OldValue = c.Directive.Get(configuration) })];
        Restore(configuration, changes, changes.Count);
        if (Apply(configuration, undone, out _) is { } restoreError)
            Warning?.Invoke($"Failed applying restored failed CONFIG SET command: {restoreError}");
        return Failure(failedName, applyError);
    }

    private static string? Refusal(ServerConfiguration configuration, Directive directive, bool local)
    {
        if (directive.Has(DirectiveFlags.Immutable)) return "can't set immutable config";
        if (!directive.Has(DirectiveFlags.Protected)) return null;
        bool allowed = configuration.EnableProtectedConfigs switch
        {
            ProtectedAccess.Yes => true,
            ProtectedAccess.Local => local,
            _ => false,
        };
        return allowed ? null : "can't set protected config";
    }

    private static string? Store(ServerConfiguration configuration, Directive directive, string value)
    {
        if (!directive.Has(DirectiveFlags.MultiArgument)) return directive.Set(configuration, [value], loading: false);
        return directive.Set(configuration, value.Length == 0 ? [] : value.Split(' '), loading: false);
    }

    /// <summary>Puts the old values of the first changes back, the last one first: two names may stand for one directive.</summary>
    private static void Restore(ServerConfiguration configuration, List<Change> changes, int count)
    {
        for (int i = count - 1; i >= 0; i--) Store(configuration, changes[i].Directive, changes[i].OldValue);
    }

    private string? Apply(ServerConfiguration configuration, List<Change> changes, out string failedName)
    {
        var done = new List<Func<ServerConfiguration, string?>>();
        foreach (Change change in changes)
        {
            failedName = change.Name;
            if (change.Directive.Get(configuration) == change.OldValue) continue;
            if (change.Directive.UnsupportedError is { } unsupported) return unsupported;
            if (!_appliers.TryGetValue(change.Directive, out List<Func<ServerConfiguration, string?>>? appliers)) continue;
            foreach (Func<ServerConfiguration, string?> apply in appliers)
            {
                if (done.Contains(apply)) continue;
                if (apply(configuration) is { } error) return error;
                done.Add(apply);
            }
        }
        failedName = "";
        return null;
    }

    private static string Failure(string name, string error) => $"ERR CONFIG SET failed (possibly related to argument '{name}') - {error}";

    private sealed record Change(string Name, Directive Directive, string NewValue, string OldValue);
}
