using Carnelian.Commands.Table;
using Carnelian.Server.Configuration;

namespace Carnelian.Server;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        var configuration = new ServerConfiguration();
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            if (arguments[i] == "--port") configuration.Port = int.Parse(arguments[i + 1]);
            if (arguments[i] == "--io-threads") configuration.IoThreads = int.Parse(arguments[i + 1]);
        }
        using var server = new ServerInstance(configuration, CommandTable.Create(Carnelian.Commands.GeneratedCommands.Create(), GeneratedCommands.Create()));
        server.Start();
        server.WaitForEnd();
        return 0;
    }
}
