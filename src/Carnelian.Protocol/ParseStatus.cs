namespace Carnelian.Protocol;

/// <summary>Why <see cref="RequestParser.Parse"/> stopped. Commands parsed before it stopped are in the batch in every case.</summary>
public enum ParseStatus
{
    /// <summary>Every byte was consumed.</summary>
    Complete,

    /// <summary>The bytes from <see cref="RequestParser.Position"/> on are the beginning of a command.</summary>
    Incomplete,

    /// <summary>The batch is full: execute and clear it, then parse again from <see cref="RequestParser.Position"/>.</summary>
    BatchFull,

    /// <summary>The input is malformed: execute the batch, write <see cref="RequestParser.Error"/>, close the connection.</summary>
    Error,
}
