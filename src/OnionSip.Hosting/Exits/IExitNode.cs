using System;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;

namespace OnionSip.Hosting.Exits;

/// <summary>The node's side of the exit services: what they tell it and take from it. (HOST.EXIT-TCP, HOST.EXIT-UDP)</summary>
public interface IExitNode
{
    void HandleConnected(Instant now, ExitKey key, in PeerAddress local, in PeerAddress remote);

    void HandleConnectFailed(Instant now, ExitKey key, ControlStatus status);

    /// <summary>Bytes from the TCP side; returns how many the stream had room for.</summary>
    int HandleData(Instant now, ExitKey key, ReadOnlySpan<byte> bytes);

    /// <summary>The TCP side sent all it had.</summary>
    void HandleFinished(Instant now, ExitKey key);

    /// <summary>The TCP side broke off.</summary>
    void HandleReset(Instant now, ExitKey key);

    /// <summary>Takes bytes for the TCP side; 0 when there are none now.</summary>
    int ReadStream(Instant now, ExitKey key, Span<byte> destination);

    void HandleAssociated(Instant now, ExitKey key, in PeerAddress even);

    void HandleAssociateFailed(Instant now, ExitKey key, ControlStatus status);

    void HandleDatagram(Instant now, ExitKey key, bool isOdd, in PeerAddress source, ReadOnlySpan<byte> datagram);

    /// <summary>An ICMP error came back for what was sent to <paramref name="destination"/>.</summary>
    void HandleUnreachable(Instant now, ExitKey key, in PeerAddress destination);

    /// <summary>Takes one datagram to send, of any association; false when there is none.</summary>
    bool TryTakeDatagram(out ExitKey key, out bool isOdd, out PeerAddress to, Span<byte> destination, out int bytes);
}
