// One line of the configuration: its name, how a value is read, shown, checked and written back. Directives are immutable and
// shared by all configurations of a process; the values live in ServerConfiguration.

namespace Carnelian.Server.Configuration;

/// <summary>Gives the field of a configuration that holds a directive's value.</summary>
internal delegate ref T FieldOf<T>(ServerConfiguration configuration);

/// <summary>A directive of the configuration file, of CONFIG GET, SET and REWRITE.</summary>
internal abstract class Directive(string name, DirectiveFlags flags)
{
    private Action<ServerConfiguration>? _normalize;

    /// <summary>The name that CONFIG REWRITE writes.</summary>
    public string Name { get; } = name;

    /// <summary>An older name, or null.</summary>
    public string? OldName { get; private set; }

    public DirectiveFlags Flags { get; } = flags;

    /// <summary>The error of every change while the server runs, for what it knows by name only; or null.</summary>
    public string? UnsupportedError { get; private set; }

    public bool Has(DirectiveFlags flag) => (Flags & flag) != 0;

    /// <summary>Adds an older name.</summary>
    public Directive Alias(string oldName)
    {
        OldName = oldName;
        return this;
    }

    /// <summary>Adds a step that corrects the value after each change.</summary>
    public Directive Normalize(Action<ServerConfiguration> normalize)
    {
        _normalize = normalize;
        return this;
    }

    /// <summary>Makes every change while the server runs fail.</summary>
    public Directive Unsupported(string error)
    {
        UnsupportedError = error;
        return this;
    }

    /// <summary>The value as CONFIG GET shows it. CONFIG SET accepts the same text.</summary>
    public abstract string Get(ServerConfiguration configuration);

    /// <summary>Reads and checks the arguments and stores the value.</summary>
    /// <param name="loading">Whether the configuration is being loaded, as opposed to a change while the server runs.</param>
    /// <returns>The error, which leaves the value as it was, or null.</returns>
    public string? Set(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        string? error = Read(configuration, arguments, loading);
        if (error is null) _normalize?.Invoke(configuration);
        return error;
    }

    /// <summary>Writes the directive's line or lines.</summary>
    public virtual void Rewrite(ConfigurationRewrite rewrite, ServerConfiguration configuration, ServerConfiguration defaults) =>
        rewrite.Write(Name, WrittenValue(configuration), always: Get(configuration) != Get(defaults));

    /// <inheritdoc cref="Set"/>
    protected abstract string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading);

    /// <summary>The value as it stands in the file.</summary>
    protected virtual string WrittenValue(ServerConfiguration configuration) => Get(configuration);
}
