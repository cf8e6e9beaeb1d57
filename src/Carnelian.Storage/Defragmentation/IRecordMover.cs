namespace Carnelian.Storage.Defragmentation;

/// <summary>What is done with each record of a table that is defragmented.</summary>
internal unsafe interface IRecordMover
{
    /// <summary>Moves a record, perhaps, with what belongs to it.</summary>
    /// <returns>Where it is now; the table takes note of that.</returns>
    byte* Move(byte* record);
}
