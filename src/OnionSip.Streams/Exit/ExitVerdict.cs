namespace OnionSip.Streams;

/// <summary>Whether an exit may do what was asked, and why not. (EXIT.VERDICTS)</summary>
public enum ExitVerdict
{
    Allowed = 0,

    /// <summary>An address no relay connects to, or one of its own. (EXIT.FORBIDDEN)</summary>
    ForbiddenAddress,

    /// <summary>Port 0.</summary>
    BadPort,

    /// <summary>A UDP port whose services answer with more than they were asked. (EXIT.AMPLIFIERS)</summary>
    AmplifierPort,

    /// <summary>The operator's rules. (EXIT.POLICY)</summary>
    Policy,

    /// <summary>An endpoint of the other address family.</summary>
    WrongFamily,

    /// <summary>The client did not name this endpoint, or for inbound packets this address. (EXIT.CONSENT)</summary>
    NotConsented,

    /// <summary>More addresses than an association remembers. (EXIT.CONSENT)</summary>
    TooManyAddresses,

    /// <summary>Nothing was heard from this address and its allowance is used up. (EXIT.UNHEARD)</summary>
    Unheard,

    /// <summary>The network said that nobody is there. (EXIT.ICMP)</summary>
    Stopped,

    /// <summary>Longer than a flow carries.</summary>
    TooLong,

    /// <summary>The association's packet rate. (EXIT.RATE)</summary>
    AssociationRate,

    /// <summary>The packet rate to this address across all associations. (EXIT.DESTINATION)</summary>
    DestinationRate,

    /// <summary>The packet rate of all associations together to addresses not yet heard. (EXIT.DESTINATION)</summary>
    RelayRate,

    /// <summary>More destinations at once than the relay keeps account of. (EXIT.DESTINATION)</summary>
    TableFull,
}

/// <summary>How an exit reaches an endpoint.</summary>
public enum ExitTransport
{
    Tcp,
    Udp,
}
