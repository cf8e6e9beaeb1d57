using Carnelian.Storage;

namespace Carnelian.Server.Transactions;

/// <summary>Who watches which key.</summary>
internal sealed class WatchTable
{
    /// <summary>Marks those who watch a key. Under the key's lock.</summary>
    public void Touch(Database database, in Key key)
    {
    }

    /// <summary>Marks those who watch keys of a database that are there; it is about to be emptied. Under all locks.</summary>
    public void TouchAll(Database database)
    {
    }

    /// <summary>Marks those who watch keys of two databases that have been exchanged. Under all locks.</summary>
    public void OnSwap(int first, int second)
    {
    }
}
