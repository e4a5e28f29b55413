using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>What a relay asks of its host. (NODE.EXIT)</summary>
public enum RelayEventKind : byte
{
    None = 0,

    /// <summary>Resolve <see cref="RelayEvent.Name"/> to addresses, answer with HandleExitLookup or HandleExitConnectFailed.</summary>
    ExitLookup,

    /// <summary>Connect TCP to <see cref="RelayEvent.Endpoint"/>, answer with HandleExitConnected or HandleExitConnectFailed.</summary>
    ExitConnect,

    /// <summary>Bytes wait for the TCP side: take them with ReadExitStream.</summary>
    ExitReadable,

    /// <summary>The circuit takes bytes again after HandleExitData accepted fewer than offered.</summary>
    ExitWritable,

    /// <summary>The client finished its side: shut the TCP sending side down after the bytes read.</summary>
    ExitFinish,

    /// <summary>Drop the TCP connection, or give up connecting or resolving; no answer is wanted.</summary>
    ExitAbort,

    /// <summary>Bind an even UDP port and its odd neighbour, family in <see cref="RelayEvent.Family"/>.</summary>
    ExitAssociate,

    /// <summary>Close both ports of an association.</summary>
    ExitRelease,

    /// <summary>Datagrams wait: take them with TryTakeExitDatagram until it says no.</summary>
    ExitDatagram,

    /// <summary>Ask the resolver; answer with HandleExitResolved or HandleExitResolveFailed.</summary>
    ExitResolve,
}

/// <summary>One request of a relay to its host; fields that a kind does not use are default.</summary>
public readonly record struct RelayEvent(
    RelayEventKind Kind,
    ExitKey Key,
    PeerAddress Endpoint = default,
    Sensitive<string> Name = default,
    byte Family = 0,
    byte Query = 0);
