namespace Carnelian.Protocol;

/// <summary>The error replies that malformed requests get, word for word those of Valkey 9.1.</summary>
public static class ProtocolErrorText
{
    /// <summary>
    /// The reply's text with its code ("ERR Protocol error: ..."), without the leading dash and the line end. A carriage return
    /// or line feed as the offending byte is shown as a space. Allocates: the connection is about to be closed anyway.
    /// </summary>
    public static byte[] Format(ProtocolError error)
    {
        ReadOnlySpan<byte> what = error.Code switch
        {
            ProtocolErrorCode.InvalidMultibulkLength => "invalid multibulk length"u8,
            ProtocolErrorCode.InvalidBulkLength => "invalid bulk length"u8,
            ProtocolErrorCode.UnauthenticatedMultibulkLength => "unauthenticated multibulk length"u8,
            ProtocolErrorCode.UnauthenticatedBulkLength => "unauthenticated bulk length"u8,
            ProtocolErrorCode.TooBigMultibulkCountString => "too big mbulk count string"u8,
            ProtocolErrorCode.TooBigBulkCountString => "too big bulk count string"u8,
            ProtocolErrorCode.TooBigInlineRequest => "too big inline request"u8,
            ProtocolErrorCode.ExpectedDollar => "expected '$', got '?'"u8,
            ProtocolErrorCode.InvalidLineEnd => "invalid CRLF in request"u8,
            ProtocolErrorCode.UnbalancedQuotes => "unbalanced quotes in request"u8,
            _ => throw new ArgumentOutOfRangeException(nameof(error)),
        };
        byte[] text = [.. "ERR Protocol error: "u8, .. what];
        if (error.Code == ProtocolErrorCode.ExpectedDollar)
            text[^2] = error.OffendingByte is (byte)'\r' or (byte)'\n' ? (byte)' ' : error.OffendingByte;
        return text;
    }
}
