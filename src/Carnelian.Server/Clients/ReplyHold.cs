using Carnelian.Server.Execution;

namespace Carnelian.Server.Clients;

/// <summary>
/// What of a client's output waits for which position of the AOF. Output is counted in bytes since the client came, so a place in it is a number that
/// stays.
/// </summary>
/// <remarks>
/// Two steps are enough: the first waits for a sync that is under way, all that comes meanwhile for the one after it. The first step never
/// changes, so a client that always has something new to get is served all the same.
/// </remarks>
internal struct ReplyHold
{
    private long _firstEnd, _firstPosition;
    private long _secondEnd, _secondPosition;

    /// <summary>Where its client waits; null if it does not.</summary>
    public OutputGate? Gate;

    /// <summary>Up to where the output may be sent.</summary>
    public long SendableEnd { get; private set; }

    /// <summary>Lets go of what needed no more than a position.</summary>
    public void Release(long position)
    {
        while (_firstEnd != 0 && _firstPosition <= position)
        {
            SendableEnd = _firstEnd;
            (_firstEnd, _firstPosition) = (_secondEnd, _secondPosition);
            _secondEnd = _secondPosition = 0;
        }
    }

    /// <summary>Notes that output up to some place needs a position.</summary>
    public void Cover(long end, long position)
    {
        if (end <= Math.Max(SendableEnd, Math.Max(_firstEnd, _secondEnd)))
            return;
        if (_firstEnd == 0)
            (_firstEnd, _firstPosition) = (end, position);
        else
            (_secondEnd, _secondPosition) = (end, position);
    }
}
