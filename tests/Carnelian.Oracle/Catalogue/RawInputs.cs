using System.Text;
using Carnelian.Oracle.Differential;
using Carnelian.Testing;

namespace Carnelian.Oracle.Catalogue;

/// <summary>
/// Sends bytes that are no proper commands: broken and odd RESP, inline commands, commands cut into pieces. Both servers
/// have to answer with the same bytes and to agree on whether the connection lives on.
/// </summary>
internal sealed class RawInputs(ServerPair servers, Findings findings, int seed)
{
    private const int Quiet = 25;
    private const int LateQuiet = 400;
    private const int Attempts = 6;
    private const int RandomInputs = 120;
    private const int LongestLine = 64 * 1024;
    private const string Fence = "\r\nPING the-fence\r\n";
    private const string FenceReply = "$9\r\nthe-fence\r\n";

    private static readonly string[] Inputs =
    [
        "PING\r\n", "PING\n", "\r\n", "\r\n\r\nPING\r\n", "   PING  \r\n", "set k 'a b'\r\nget k\r\n", "set k \"\\x41\\n\\\"\"\r\nget k\r\n",
        "set k 'a\\'b'\r\nget k\r\n", "set k \"a\"b\r\n", "set k 'a\r\n", "set k \"a\r\n", "get 'k'x\r\n", "echo \"\\xzz\\q\"\r\n", "echo ''\r\n", "\0\r\n", "echo a\0b\r\n",
        "*1\r\n$4\r\nPING\r\n", "*0\r\nPING\r\n", "*-1\r\nPING\r\n", "*-2\r\n", "*\r\n", "*abc\r\n", "*1.5\r\n", "* 1\r\n", "*+1\r\n$4\r\nPING\r\n", "*01\r\n$4\r\nPING\r\n",
        "*1048577\r\n", "*2147483647\r\n", "*2147483648\r\n", "*9223372036854775808\r\n", "*1\r\n$-1\r\n", "*1\r\n$abc\r\n", "*1\r\n$\r\n", "*1\r\n4\r\nPING\r\n", "*1\r\nPING\r\n",
        "*1\r\n:1\r\n", "*1\r\n*1\r\n", "*1\r\n$536870913\r\n", "*1\r\n$9999999999999\r\n", "*1\r\n$ 4\r\nPING\r\n", "*1\r\n$04\r\nPING\r\n", "*1\r\n$4\r\nPINGxx", "*1\r\n$4\nPING\r\n",
        "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "*1\r\n$0\r\n\r\n", "*1\r\n$4\r\nPING\r\n*x\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\nabcd\r\n", "CLIENT SETNAME x\r\n*abc\r\n", "MULTI\r\nSET k\r\nPING\r\nEXEC\r\n",
        "QUIT\r\nPING\r\n", "quit now\r\nPING\r\n", "*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n",
        "$4\r\nPING\r\n", "+PING\r\n", "%1\r\n", "|1\r\n", "\t\tPING\r\n", "PING\tx\r\n", "PING \"\"\r\n", "PING\r", "*1\r\r\n$4\r\nPING\r\n",
    ];

    // Whoever speaks HTTP is cut off, and whether replies to what came before get out depends on when it came: only sent whole.
    private static readonly string[] HttpInputs =
    [
        "POST / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n", "host: localhost\r\n", "Host:\r\n", "*1\r\n$4\r\npost\r\n",
    ];

    public void Run(int resp)
    {
        foreach (string input in Inputs.Concat(HttpInputs))
        {
            byte[] bytes = Encoding.Latin1.GetBytes(input);
            Compare(resp, [bytes]);
        }

        Compare(resp, [Encoding.Latin1.GetBytes("*1\r\n$" + new string('1', 70_000))]);
        Compare(resp, [Encoding.Latin1.GetBytes(new string('x', 70_000))]);
        Compare(resp, [Encoding.Latin1.GetBytes("*" + new string('1', 70_000))]);
        var random = new Random(seed);
        for (int i = 0; i < RandomInputs; i++)
            Compare(resp, RandomPieces(random));
    }

    // A few of the inputs in a row, some of their bytes changed, cut anywhere.
    private static List<byte[]> RandomPieces(Random random)
    {
        var text = new StringBuilder();
        for (int i = random.Next(1, 4); i > 0; i--)
            text.Append(Inputs[random.Next(Inputs.Length)]);
        byte[] bytes = Encoding.Latin1.GetBytes(text.ToString());
        for (int i = random.Next(3); i > 0; i--)
            bytes[random.Next(bytes.Length)] = (byte)"\r\n*$0123456789-'\" x\0"[random.Next(20)];
        var pieces = new List<byte[]>();
        for (int start = 0; start < bytes.Length;)
        {
            int end = Math.Min(bytes.Length, start + random.Next(1, 30));
            pieces.Add(bytes[start..end]);
            start = end;
        }

        return pieces;
    }

    // A server that closes while bytes still come in resets the connection, which may swallow its last reply on
    // the way. So a disagreement counts when it shows every time.
    private void Compare(int resp, List<byte[]> pieces)
    {
        string expected = "", actual = "";
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            (expected, actual) = Ask(resp, pieces);
            if (expected == actual)
                break;
        }

        findings.Check(expected == actual, CommandText.Escape(pieces.SelectMany(piece => piece).ToArray()), () => $"expected {expected}\n    actual   {actual}");
    }

    private (string Expected, string Actual) Ask(int resp, List<byte[]> pieces)
    {
        using var pair = new ConnectionPair(servers, resp);
        foreach (byte[] piece in pieces)
        {
            pair.Oracle.QueueRaw(piece);
            pair.Tested.QueueRaw(piece);
            pair.Flush();
        }

        // Whether a line is too long is asked after each read: its end must not come with the rest.
        if (pieces.Sum(static piece => piece.Length) > LongestLine)
            Thread.Sleep(Quiet);
        byte[] fence = Encoding.ASCII.GetBytes(Fence);
        pair.Oracle.QueueRaw(fence);
        pair.Tested.QueueRaw(fence);
        pair.Flush();
        string expected = Read(pair.Oracle, Quiet, least: 0);
        string actual = Read(pair.Tested, LateQuiet, expected.Length);
        return (Describe(expected, pair.Oracle), Describe(actual, pair.Tested));
    }

    private static string Describe(string text, RespConnection connection) =>
        $"{CommandText.Escape(Encoding.Latin1.GetBytes(text))} and {(connection.IsClosed ? "closed" : "open")}";

    private static string Read(RespConnection connection, int quiet, int least)
    {
        var text = new StringBuilder();
        for (bool quietOnce = false; ;)
        {
            byte[] bytes = connection.ReadSome(quiet);
            text.Append(Encoding.Latin1.GetString(bytes));
            if (connection.IsClosed || text.ToString().EndsWith(FenceReply, StringComparison.Ordinal))
                return text.ToString();
            if (bytes.Length == 0 && (quietOnce || text.Length >= least))
                return text.ToString();
            quietOnce = bytes.Length == 0;
            // The oracle has said no more than this: the tested server need only show that it does not either.
            if (least > 0 && text.Length >= least)
                quiet = Quiet;
        }
    }
}
