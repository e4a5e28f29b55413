namespace OnionSip.Sip;

/// <summary>What the transaction layer tells its user. (SIP.TX)</summary>
public enum SipEventKind : byte
{
    /// <summary>A new request: answer it with <see cref="TransactionTable.Respond"/>.</summary>
    Request = 0,

    /// <summary>
    /// A CANCEL for the INVITE of this transaction, already answered 200: answer the INVITE with 487.
    /// </summary>
    Cancel,

    /// <summary>The ACK for our 2xx: the dialog is confirmed.</summary>
    Ack,

    /// <summary>A response, provisional or final; every 2xx of an INVITE, repeated or forked, is told.</summary>
    Response,

    /// <summary>Nobody answered (timers B, F, C): as if a 408 had come.</summary>
    Timeout,

    /// <summary>Nobody acknowledged our final response (timers H, L): end the dialog if there is one.</summary>
    AckMissing,

    /// <summary>The transport failed: as if a 503 had come.</summary>
    TransportFailed,

    /// <summary>
    /// The transaction is gone from the table; the last event of every transaction that began with Request or a
    /// command.
    /// </summary>
    Terminated,
}

/// <summary>
/// One event. <paramref name="Message"/> is the request, the response, the CANCEL or the ACK; null for the others.
/// (SIP.TX)
/// </summary>
public readonly record struct SipEvent(SipEventKind Kind, TransactionId Transaction, SipPeer Peer, SipMessage? Message)
{
    public SipRequest Request => (SipRequest)Message!;

    public SipResponse Response => (SipResponse)Message!;

    public override string ToString() => Kind.ToString();
}
