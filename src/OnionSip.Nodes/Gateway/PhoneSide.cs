using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>Reads what phones send over UDP and TCP, and hands out what they are sent. (SIP.GATEWAY.PHONES)</summary>
/// <remarks>
/// Rule:   while the gateway listens on a loopback address, only loopback addresses are heard.
/// Bounds: <see cref="GatewayLimits.MaxPhoneConnections"/> connections; the stream reader's limits; a full UDP queue drops.
/// </remarks>
internal sealed class PhoneSide(GatewayCore core)
{
    private const int MaxQueuedDatagrams = 1_024;

    private readonly Dictionary<PhoneConnectionId, (SipPeer Peer, SipStreamParser Parser)> _connections = [];
    private readonly Queue<(PeerAddress To, ReadOnlyMemory<byte> Octets)> _datagrams = new();

    public GatewayDrop HandleDatagram(Instant now, PeerAddress from, ReadOnlySpan<byte> datagram)
    {
        if (!IsLocal(from, core.Options.ListenUdp))
        {
            return GatewayDrop.ForeignPhone;
        }

        SipPeer peer = new(SipTransport.Udp, from);
        SipParse result = SipMessage.TryParse(datagram, out SipMessage? message, out SipRefusal? refusal);
        if (result == SipParse.KeepAlive)
        {
            return GatewayDrop.KeepAlive;
        }

        return Handle(now, peer, message, refusal);
    }

    public GatewayDrop HandleConnected(PhoneConnectionId connection, PeerAddress from)
    {
        bool local = IsLocal(from, core.Options.ListenTcp);
        if (!local || _connections.Count >= GatewayLimits.MaxPhoneConnections)
        {
            core.Emit(new ClosePhoneStream(connection));
            return local ? GatewayDrop.LimitReached : GatewayDrop.ForeignPhone;
        }

        SipPeer peer = new(SipTransport.Tcp, from, (ulong)(uint)connection.Value + 1);
        _connections[connection] = (peer, new SipStreamParser(SipStreamRole.Server));
        return GatewayDrop.None;
    }

    public GatewayDrop HandleStream(Instant now, PhoneConnectionId connection, ReadOnlySpan<byte> bytes)
    {
        if (!_connections.TryGetValue(connection, out (SipPeer Peer, SipStreamParser Parser) found))
        {
            return GatewayDrop.UnknownId;
        }

        found.Parser.Append(bytes);
        GatewayDrop result = GatewayDrop.None;
        while (true)
        {
            switch (found.Parser.Next(out SipMessage? message, out SipRefusal? refusal))
            {
                case SipStreamItem.NeedMore:
                    return result;
                case SipStreamItem.Ping:
                    core.Emit(new SendPhoneStream(connection, "\r\n"u8.ToArray()));
                    continue;
                case SipStreamItem.Pong:
                    continue;
                case SipStreamItem.Broken:
                    Handle(now, found.Peer, null, refusal);
                    core.Emit(new ClosePhoneStream(connection));
                    HandleClosed(connection);
                    return GatewayDrop.Malformed;
                default:
                    result = Handle(now, found.Peer, message, refusal);
                    continue;
            }
        }
    }

    public void HandleClosed(PhoneConnectionId connection)
    {
        if (_connections.Remove(connection, out (SipPeer Peer, SipStreamParser Parser) found))
        {
            core.Phones.HandleTransportFailure(found.Peer);
        }
    }

    /// <summary>Queues or emits what the transaction table wants sent.</summary>
    public void Flush()
    {
        while (core.Phones.PollTransmit(out SipTransmit transmit))
        {
            if (transmit.To.Transport != SipTransport.Udp)
            {
                core.Emit(new SendPhoneStream(new PhoneConnectionId((int)(transmit.To.Connection - 1)), transmit.Octets));
            }
            else if (_datagrams.Count < MaxQueuedDatagrams)
            {
                _datagrams.Enqueue((transmit.To.Address, transmit.Octets));
            }
            else
            {
                core.Drops.Count(GatewayDrop.LimitReached);
            }
        }
    }

    public bool PollTransmit(Span<byte> destination, out Transmit transmit)
    {
        transmit = default;
        while (_datagrams.TryDequeue(out (PeerAddress To, ReadOnlyMemory<byte> Octets) next))
        {
            if (next.Octets.Length <= destination.Length)
            {
                next.Octets.Span.CopyTo(destination);
                transmit = new Transmit(next.To, next.Octets.Length);
                return true;
            }

            core.Drops.Count(GatewayDrop.LimitReached);
        }

        return false;
    }

    /// <summary>True while a TCP phone's connection stands; a UDP phone is always worth a try.</summary>
    public bool IsReachable(SipPeer peer) =>
        peer.Transport == SipTransport.Udp || _connections.ContainsKey(new PhoneConnectionId((int)(peer.Connection - 1)));

    private GatewayDrop Handle(Instant now, SipPeer peer, SipMessage? message, SipRefusal? refusal)
    {
        if (message is null)
        {
            if (refusal is not null)
            {
                core.Phones.HandleRefusal(peer, refusal);
            }

            return GatewayDrop.Malformed;
        }

        return core.Phones.HandleMessage(now, peer, message) switch
        {
            SipDrop.StrayAck => GatewayDrop.StrayAck,
            SipDrop.NoTransaction or SipDrop.WrongSentBy or SipDrop.TooManyVias => GatewayDrop.StrayResponse,
            SipDrop.TooManyTransactions => GatewayDrop.LimitReached,
            _ => GatewayDrop.None,
        };
    }

    private static bool IsLocal(PeerAddress from, PeerAddress listen) => !listen.Address.IsLoopback() || from.Address.IsLoopback();
}
