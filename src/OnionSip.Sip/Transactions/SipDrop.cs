namespace OnionSip.Sip;

/// <summary>Why the transaction layer did not do what a message or a command asked. (SIP.TX.MATCH)</summary>
public enum SipDrop : byte
{
    None = 0,

    /// <summary>A request whose branch is not one of RFC 3261; answered 400.</summary>
    OldBranch,

    /// <summary>A response or a command for a transaction that is not there.</summary>
    NoTransaction,

    /// <summary>An ACK that belongs to nothing.</summary>
    StrayAck,

    /// <summary>A CANCEL that matches no INVITE; answered 481.</summary>
    StrayCancel,

    /// <summary>A response whose Via is not the one we wrote.</summary>
    WrongSentBy,

    /// <summary>A response with more than our own Via.</summary>
    TooManyVias,

    /// <summary>The table is full: a request is answered 503, a command refused.</summary>
    TooManyTransactions,

    /// <summary>The same request over a second path; answered 482.</summary>
    MergedRequest,

    /// <summary>A repetition, absorbed; the last answer is repeated where the state has one.</summary>
    Retransmission,

    /// <summary>A message or command that the state does not allow.</summary>
    UnexpectedInState,

    /// <summary>A message of ours holds what may not be written.</summary>
    Unwritable,

    /// <summary>Too many messages wait to be sent; the oldest state is kept, this one is lost.</summary>
    OutboxFull,
}
