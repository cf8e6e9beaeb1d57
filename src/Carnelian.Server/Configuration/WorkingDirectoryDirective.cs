// The directive dir: there is no field, the value is the working directory of the process.

namespace Carnelian.Server.Configuration;

/// <summary>The working directory. Relative names of later includes and of all files are looked up there.</summary>
internal sealed class WorkingDirectoryDirective() : Directive("dir", DirectiveFlags.Protected | DirectiveFlags.NotWhileLoading)
{
    public override string Get(ServerConfiguration configuration)
    {
        try
        {
            return ConfigurationText.FromUnicode(Directory.GetCurrentDirectory());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody has removed it.
            return "";
        }
    }

    public override void Rewrite(ConfigurationRewrite rewrite, ServerConfiguration configuration, ServerConfiguration defaults) =>
        rewrite.Write(Name, ConfigurationText.Quote(Get(configuration)), always: true);

    protected override string? Read(ServerConfiguration configuration, ReadOnlySpan<string> arguments, bool loading)
    {
        if (arguments[0].Length == 0) return "dir can't be empty";
        string path = ConfigurationText.ToUnicode(arguments[0]);
        if (File.Exists(path)) return "Not a directory";
        try
        {
            Directory.SetCurrentDirectory(path);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return ConfigurationFile.Describe(e);
        }
    }
}
