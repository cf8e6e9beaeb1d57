// What a signal does: any of SHUTDOWN's options, in lower case.

namespace Carnelian.Server.Configuration;

internal sealed class ShutdownOptionsDirective(string name, FieldOf<ShutdownOptions> field) : Directive(name, DirectiveFlags.MultiArgument)
{
    /// <summary>The names; the one at position n > 0 stands for bit n - 1.</summary>
    private static readonly string[] Names = ["default", "save", "nosave", "now", "force", "safe", "failover"];

    public override string Get(ServerConfiguration configuration)
    {
        ShutdownOptions options = field(configuration);
        if (options == ShutdownOptions.Default) return Names[0];
        List<string> names = [];
        for (int i = 1; i < Names.Length; i++)
        {
            if ((options & Option(i)) != 0) names.Add(Names[i]);
        }
        return string.Join(' ', names);
    }

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        var options = ShutdownOptions.Default;
        foreach (string argument in arguments)
        {
            int index = Array.FindIndex(Names, name => name.Equals(argument, StringComparison.OrdinalIgnoreCase));
            if (index < 0) return NotAnOption();
            options |= Option(index);
        }
        if (arguments.IsEmpty) return NotAnOption();
        const ShutdownOptions Both = ShutdownOptions.Save | ShutdownOptions.NoSave;
        if ((options & Both) == Both) return "shutdown options SAVE and NOSAVE can't be used simultaneously";
        field(configuration) = options;
        return null;
    }

    private static string NotAnOption() =>
        $"argument(s) must be one of the following: {string.Join(", ", Names)}";

    private static ShutdownOptions Option(int index) => (ShutdownOptions)((1 << index) >> 1);
}
