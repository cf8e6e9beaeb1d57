// What a signal does: any of SHUTDOWN's options, in lower case.

namespace Carnelian.Server.Configuration;

internal sealed class ShutdownOptionsDirective(string name, FieldOf<ShutdownOptions> field) : Directive(name, DirectiveFlags.MultiArgument)
{
    private static readonly (string Name, ShutdownOptions Option)[] Options =
    [
        ("default", ShutdownOptions.Default), ("save", ShutdownOptions.Save), ("nosave", ShutdownOptions.NoSave), ("now", ShutdownOptions.Now),
        ("force", ShutdownOptions.Force), ("safe", ShutdownOptions.Safe), ("failover", ShutdownOptions.Failover),
    ];

    public override string Get(ServerConfiguration configuration)
    {
        ShutdownOptions options = field(configuration);
        return options == ShutdownOptions.Default
            ? "default"
            : string.Join(' ', Options.Where(o => (o.Option & options) != 0).Select(static o => o.Name));
    }

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        var options = ShutdownOptions.Default;
        foreach (string argument in arguments)
        {
            int index = Array.FindIndex(Options, o => o.Name.Equals(argument, StringComparison.OrdinalIgnoreCase));
            if (index < 0) return NotAnOption();
            options |= Options[index].Option;
        }
        if (arguments.IsEmpty) return NotAnOption();
        const ShutdownOptions Both = ShutdownOptions.Save | ShutdownOptions.NoSave;
        if ((options & Both) == Both) return "shutdown options SAVE and NOSAVE can't be used simultaneously";
        field(configuration) = options;
        return null;
    }

    private static string NotAnOption() =>
        $"argument(s) must be one of the following: {string.Join(", ", Options.Select(static o => o.Name))}";
}
