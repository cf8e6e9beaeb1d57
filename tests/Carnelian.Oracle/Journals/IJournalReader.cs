using Carnelian.Testing;

namespace Carnelian.Oracle.Journals;

/// <summary>Reads what a server would send to its replicas.</summary>
internal interface IJournalReader : IDisposable
{
    /// <summary>The commands since the last call, once a fence that was published behind them has come.</summary>
    /// <param name="fence">The fence's message.</param>
    List<RespValue> TakeUntil(string fence);
}
