using OnionSip.Machines;

namespace OnionSip.Sip;

/// <summary>How a message travels. (SIP.TX)</summary>
public enum SipTransport : byte
{
    Udp = 0,
    Tcp,
    Tls,
}

/// <summary>
/// Where a message came from or goes to: transport, address, and the caller's number of the connection; prints
/// redacted. (SIP.TX)
/// </summary>
/// <param name="Transport">Udp is unreliable, the others are reliable.</param>
/// <param name="Address">Source or destination.</param>
/// <param name="Connection">The caller's own number; 0 where there is no connection.</param>
public readonly record struct SipPeer(SipTransport Transport, PeerAddress Address, ulong Connection = 0)
{
    public bool IsReliable => Transport != SipTransport.Udp;

    /// <summary>The transport's word in Via.</summary>
    public string ViaTransport => Transport switch
    {
        SipTransport.Tcp => "TCP",
        SipTransport.Tls => "TLS",
        _ => "UDP",
    };

    public override string ToString() => ViaTransport + " [peer]";
}

/// <summary>Where a request goes and what its Via says of us. (SIP.TX)</summary>
/// <param name="Peer">The next hop.</param>
/// <param name="SentByHost">The host of our Via: a name, an IPv4 address or a bracketed IPv6 address.</param>
/// <param name="SentByPort">The port of our Via.</param>
public readonly record struct SipRoute(SipPeer Peer, string SentByHost, ushort SentByPort)
{
    public override string ToString() => Peer.ToString();
}

/// <summary>A transaction of one <see cref="TransactionTable"/>; 0 is none. (SIP.TX)</summary>
public readonly record struct TransactionId(ulong Value)
{
    public bool IsNone => Value == 0;
}
