using Carnelian.Commands.Table;
using Carnelian.Server.Execution;

namespace Carnelian.Server.Diagnostics;

/// <summary>
/// Sums what event loops count each for itself. A loop that ends leaves its figures here, so that no sum ever falls.
/// </summary>
/// <remarks>Any thread; the lock is short. Counters of running loops may be a moment old.</remarks>
internal sealed class LoopTotals(CommandDefinition[] definitions)
{
    private readonly Lock _lock = new();
    private readonly List<EventLoop> _loops = [];
    private LoopFigures _ended;
    private readonly CommandFigures?[] _endedCommands = new CommandFigures?[definitions.Length];

    /// <summary>A loop begins. On its thread.</summary>
    public void Add(EventLoop loop)
    {
        lock (_lock)
            _loops.Add(loop);
    }

    /// <summary>A loop has ended. On its thread.</summary>
    public void Remove(EventLoop loop)
    {
        lock (_lock)
        {
            if (!_loops.Remove(loop))
                return;
            _ended.Add(loop);
            for (int id = 0; id < definitions.Length; id++)
            {
                ref readonly CommandStatistics counted = ref loop.Dispatcher.StatisticsOf(id);
                if (counted.Calls != 0 || counted.Rejected != 0 || counted.Failed != 0)
                    (_endedCommands[id] ??= new CommandFigures()).Add(counted);
            }
        }
    }

    /// <summary>The sums over all loops.</summary>
    public LoopFigures Read()
    {
        lock (_lock)
        {
            LoopFigures sum = _ended;
            foreach (EventLoop loop in _loops)
                sum.Add(loop);
            return sum;
        }
    }

    /// <summary>The sums of one command.</summary>
    public CommandFigures Read(CommandDefinition command)
    {
        var sum = new CommandFigures();
        lock (_lock)
        {
            if (_endedCommands[command.Id] is { } ended)
                sum.Add(ended);
            foreach (EventLoop loop in _loops)
                sum.Add(loop.Dispatcher.StatisticsOf(command.Id));
        }
        return sum;
    }

    /// <summary>The time of all commands; those of a transaction count once, and not in EXEC again.</summary>
    public long CommandNanoseconds(KnownCommands known)
    {
        long sum = 0;
        foreach (CommandDefinition command in definitions)
        {
            if (command != known.Exec)
                sum += Read(command).Nanoseconds;
        }
        return sum;
    }

    /// <summary>Sets everything back, but for the number of changes to data. Under all shard locks.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            _ended = new LoopFigures { Dirty = _ended.Dirty };
            Array.Clear(_endedCommands);
            foreach (EventLoop loop in _loops)
                loop.ResetStatistics();
        }
    }
}
