namespace Carnelian.Fuzz;

/// <summary>
/// Ends the process when one input takes too long. A thread of its own looks twice a second; the fuzzing thread only publishes the input
/// it is working on, so the bound costs nothing.
/// </summary>
internal sealed class Watchdog
{
    private readonly TimeSpan _bound;
    private byte[] _input = [];
    private int _length;
    private long _count;

    public Watchdog(TimeSpan bound, string description)
    {
        _bound = bound;
        new Thread(() => Watch(description)) { IsBackground = true, Name = "watchdog" }.Start();
    }

    /// <summary>Called before each input.</summary>
    public void Begin(ReadOnlySpan<byte> input)
    {
        if (_input.Length < input.Length) _input = new byte[input.Length * 2];
        input.CopyTo(_input);
        _length = input.Length;
        Volatile.Write(ref _count, _count + 1);
    }

    private void Watch(string description)
    {
        long seen = -1;
        long since = Environment.TickCount64;
        while (true)
        {
            Thread.Sleep(500);
            long count = Volatile.Read(ref _count);
            if (count != seen)
            {
                seen = count;
                since = Environment.TickCount64;
            }
            else if (count > 0 && Environment.TickCount64 - since > _bound.TotalMilliseconds)
            {
                Console.Error.WriteLine($"{description}: input {count} takes more than {_bound.TotalSeconds} s");
                Console.Error.WriteLine(Convert.ToHexString(_input.AsSpan(0, _length)));
                Environment.Exit(2);
            }
        }
    }
}
