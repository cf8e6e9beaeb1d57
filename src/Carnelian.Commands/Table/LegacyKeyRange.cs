// First key, last key and step: the older description of a command's keys, derived from its key specifications. It
// describes all keys when the specifications are fixed positions that join into one range; otherwise it covers the
// part that does and the command has movable keys.

namespace Carnelian.Commands.Table;

/// <summary>The older description of where keys are.</summary>
/// <param name="First">Position of the first key, 0 without one.</param>
/// <param name="Last">Position of the last key; negative: counted from the end.</param>
/// <param name="Step">Distance from key to key.</param>
/// <param name="Movable">Whether there may be keys that the three numbers do not cover.</param>
internal readonly record struct LegacyKeyRange(int First, int Last, int Step, bool Movable)
{
    public static LegacyKeyRange Of(ReadOnlySpan<KeySpec> specs)
    {
        int first = 0, last = 0, step = 0;
        bool movable = false;
        foreach (KeySpec spec in specs)
        {
            if (spec.Search != KeySearch.Index || spec.Range != KeyRange.Range)
            {
                movable = true;
                continue;
            }

            int end = spec.Last >= 0 ? spec.Start + spec.Last : spec.Last;
            if (first == 0)
            {
                (first, last, step) = (spec.Start, end, spec.Step);
            }
            else if (last >= 0 && spec.Start == last + 1 && spec.Step == step)
            {
                last = end;
            }
            else
            {
                movable = true;
            }
        }

        return new LegacyKeyRange(first, last, step, movable);
    }
}
