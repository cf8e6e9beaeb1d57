// The directive client-output-buffer-limit: class, hard limit, soft limit and seconds, for one class or several.

using System.Globalization;

namespace Carnelian.Server.Configuration;

internal sealed class ClientOutputBufferLimitDirective() : Directive("client-output-buffer-limit", DirectiveFlags.MultiArgument)
{
    private static readonly string[] ShownNames = ["normal", "slave", "pubsub"];
    private static readonly string[] WrittenNames = ["normal", "replica", "pubsub"];

    public override string Get(ServerConfiguration configuration)
    {
        ClientBufferLimit[] limits = configuration.ClientOutputBufferLimits;
        return string.Join(' ', ShownNames.Select((name, i) =>
            FormattableString.Invariant($"{name} {limits[i].HardBytes} {limits[i].SoftBytes} {limits[i].SoftSeconds}")));
    }

    public override void Rewrite(ConfigurationRewrite rewrite, ServerConfiguration configuration, ServerConfiguration defaults)
    {
        for (int i = 0; i < WrittenNames.Length; i++)
        {
            ClientBufferLimit limit = configuration.ClientOutputBufferLimits[i];
            string hard = MemoryDirective.FormatBytes(limit.HardBytes), soft = MemoryDirective.FormatBytes(limit.SoftBytes);
            rewrite.Write(Name, FormattableString.Invariant($"{WrittenNames[i]} {hard} {soft} {limit.SoftSeconds}"),
                always: limit != defaults.ClientOutputBufferLimits[i]);
        }
    }

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        if (arguments.Length % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
        ClientBufferLimit[] limits = [.. configuration.ClientOutputBufferLimits];
        for (int i = 0; i < arguments.Length; i += 4)
        {
            int index = IndexOf(arguments[i]);
            if (index < 0) return "Invalid client class specified in buffer limit configuration.";
            if (!ConfigurationText.TryParseMemory(arguments[i + 1], out long hard)
                || !ConfigurationText.TryParseMemory(arguments[i + 2], out long soft)
                || !int.TryParse(arguments[i + 3], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) || seconds < 0)
                return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
            limits[index] = new ClientBufferLimit(hard, soft, seconds);
        }
        configuration.ClientOutputBufferLimits = limits;
        return null;
    }

    private static int IndexOf(string name)
    {
        for (int i = 0; i < ShownNames.Length; i++)
        {
            if (name.Equals(ShownNames[i], StringComparison.OrdinalIgnoreCase)
                || name.Equals(WrittenNames[i], StringComparison.OrdinalIgnoreCase)) return i;
        }
        return -1;
    }
}
