namespace Carnelian.Protocol;

/// <summary>What is wrong with a malformed request. The texts that clients see are in <see cref="ProtocolErrorText"/>.</summary>
public enum ProtocolErrorCode
{
    None,
    InvalidMultibulkLength,
    InvalidBulkLength,
    UnauthenticatedMultibulkLength,
    UnauthenticatedBulkLength,
    TooBigMultibulkCountString,
    TooBigBulkCountString,
    TooBigInlineRequest,
    ExpectedDollar,
    InvalidLineEnd,
    UnbalancedQuotes,
}

/// <summary>A protocol error and, for <see cref="ProtocolErrorCode.ExpectedDollar"/>, the byte found instead.</summary>
public readonly record struct ProtocolError(ProtocolErrorCode Code, byte OffendingByte = 0);
