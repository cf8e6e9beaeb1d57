using Carnelian.Storage;

namespace Carnelian.Server.Transactions;

/// <summary>Who watches which key.</summary>
internal sealed class WatchTable
{
    /// <summary>Marks those who watch a key. Under the key's lock.</summary>
    public void Touch(Database database, in Key key)
    {
    }
}
