// A real Valkey server on a free port, in a directory of its own, and a connection to it.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Carnelian.Tests.Configuration;

internal sealed class ValkeyServer : IDisposable
{
    private readonly Process _process;
    private readonly string _directory = Directory.CreateTempSubdirectory("carnelian-valkey").FullName;
    private readonly TcpClient _client = new();
    private readonly BufferedStream _stream;

    /// <summary>Path of the server program.</summary>
    public static string Program => Environment.GetEnvironmentVariable("VALKEY_SERVER") ?? "/opt/peers/bin/valkey-server";

    public int Port { get; } = FreePort();

    public ValkeyServer()
    {
        _process = Start(["--port", Port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _directory, "--save", "", "--logfile", "log"]);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                _client.Connect(IPAddress.Loopback, Port);
                break;
            }
            catch (SocketException) when (attempt < 200)
            {
                Thread.Sleep(25);
            }
        }
        _stream = new BufferedStream(_client.GetStream());
    }

    public void Dispose()
    {
        _client.Dispose();
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>What the program writes to standard error when it refuses to start.</summary>
    public static string StandardError(string[] arguments)
    {
        using Process process = Start(arguments);
        string text = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return text;
    }

    /// <summary>Sends a command and gives the texts of its reply; an error is one text that begins with a dash.</summary>
    public List<string> Send(params string[] command)
    {
        var request = new StringBuilder($"*{command.Length}\r\n");
        foreach (string word in command) request.Append(CultureInfo.InvariantCulture, $"${word.Length}\r\n{word}\r\n");
        _stream.Write(Encoding.Latin1.GetBytes(request.ToString()));
        _stream.Flush();
        List<string> texts = [];
        Read(texts);
        return texts;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static Process Start(string[] arguments) =>
        Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;

    private void Read(List<string> texts)
    {
        string line = ReadLine();
        switch (line[0])
        {
            case '*':
                for (int n = int.Parse(line[1..], CultureInfo.InvariantCulture); n > 0; n--) Read(texts);
                break;
            case '$':
                var bytes = new byte[int.Parse(line[1..], CultureInfo.InvariantCulture) + 2];
                _stream.ReadExactly(bytes);
                texts.Add(Encoding.Latin1.GetString(bytes.AsSpan(..^2)));
                break;
            case '-':
                texts.Add(line);
                break;
            default:
                texts.Add(line[1..]);
                break;
        }
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        int c;
        while ((c = _stream.ReadByte()) != '\n') line.Append((char)(c < 0 ? throw new EndOfStreamException() : c));
        return line.ToString(0, line.Length - 1);
    }
}
