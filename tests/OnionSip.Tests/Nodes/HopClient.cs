using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Directory;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Tests.Nodes;

/// <summary>A client of one relay and one hop that says whatever a test wants, as a real client would not.</summary>
internal sealed class HopClient : IDisposable
{
    private readonly RelayNode _relay;
    private readonly LinkTable _links;
    private readonly LinkId _link;
    private readonly ClientCircuit _circuit;
    private readonly PeerAddress _address;
    private readonly PeerAddress _relayAddress;
    private readonly byte[] _cell = new byte[WireLayout.CellBytes];
    private readonly byte[] _body = new byte[WireLayout.BodyBytes];
    private readonly byte[] _datagram = new byte[2048];
    private readonly byte[] _message = new byte[WireLayout.MaxControlMessageBytes];

    public HopClient(NodeMesh mesh, int relay = 0, ushort port = 7001)
    {
        Now = mesh.Now;
        _relay = mesh.Relays[relay];
        _relayAddress = NodeMesh.AddressOf(relay);
        _address = new(NodeMesh.ClientAddress.Address, port);
        SeededEntropy entropy = new(port);
        RelayDescriptor descriptor = Descriptor(mesh, relay);
        _links = new(Now, new LinkOptions { NetworkId = mesh.Document.NetworkId.ToArray(), StartWallTime = NodeMesh.WallNow }, entropy);
        _link = _links.Open(Now, new(descriptor.Identity, _relayAddress, LinkPublicKey.FromBytes(descriptor.LinkKey.Span)));
        Settle();
        _circuit = new(Now, CircuitIdChoice.Draw(weInitiatedLink: true, entropy), TargetOf(mesh, relay), mesh.Document.NetworkId.Span, entropy);
        Mux = new(Now, new StreamMuxOptions { IsClient = true });
        Settle();
    }

    public Instant Now { get; }

    /// <summary>The client's end of what it and the relay say to each other.</summary>
    public StreamMux Mux { get; } = null!;

    /// <summary>What the relay asked of its host.</summary>
    public Queue<RelayEvent> Events { get; } = new();

    /// <summary>Datagrams that the relay sent to others; nobody gets them.</summary>
    public List<PeerAddress> SentElsewhere { get; } = [];

    /// <summary>False once the relay has destroyed the circuit.</summary>
    public bool IsOpen => _circuit.State != ClientCircuitState.Closed;

    public static HopTarget TargetOf(NodeMesh mesh, int relay)
    {
        RelayDescriptor descriptor = Descriptor(mesh, relay);
        return new(descriptor.Identity, OnionPublicKey.FromBytes(descriptor.OnionKey.Span));
    }

    /// <summary>Sends a control message; returns the type and status of the relay's answer, if there was one.</summary>
    public (ControlMessageType Type, ControlStatus Status) Say(ReadOnlySpan<byte> message)
    {
        Mux.TrySendControl(Now, message);
        Settle();
        if (!Mux.TryReceiveControl(_message, out int bytes))
        {
            return default;
        }

        ControlMessage.ParseType(_message.AsSpan(0, bytes), out ControlMessageType type);
        StatusMessage.TryParse(_message.AsSpan(0, bytes), out StatusMessage status);
        return (type, status.Status);
    }

    /// <summary>EXTEND to a relay.</summary>
    public (ControlMessageType Type, ControlStatus Status) SayExtend(in HopTarget target)
    {
        byte[] message = new byte[WireLayout.MaxControlMessageBytes];
        int bytes = _circuit.BeginExtend(Now, 1, target, message);
        (ControlMessageType, ControlStatus) answer = Say(message.AsSpan(0, bytes));
        _circuit.FailExtend();
        return answer;
    }

    /// <summary>Moves everything between client and relay until both are silent; no time passes.</summary>
    public void Settle()
    {
        bool any = true;
        while (any)
        {
            any = SendOut() | TakeIn();
        }
    }

    public void Dispose()
    {
        _circuit.Dispose();
        _links.Dispose();
    }

    private static RelayDescriptor Descriptor(NodeMesh mesh, int relay)
    {
        foreach (RelayDescriptor descriptor in mesh.Document.Relays)
        {
            if (descriptor.Addresses[0] == NodeMesh.AddressOf(relay))
            {
                return descriptor;
            }
        }

        throw new InvalidOperationException("no such relay");
    }

    private bool SendOut()
    {
        bool any = false;
        while (_links.PollTransmit(Now, _datagram, out Transmit transmit))
        {
            any = true;
            _relay.HandleDatagram(Now, _address, _datagram.AsSpan(0, transmit.Bytes));
        }

        // Not yet there while the constructor makes the link.
        if (_circuit is null)
        {
            return any;
        }

        while (_circuit.PollMessage(_cell))
        {
            any |= Seal(default, default);
        }

        while (_circuit.State is ClientCircuitState.Open or ClientCircuitState.Extending && Mux.PollBody(Now, _body)
            && _circuit.TrySealBody(Now, _circuit.LastHop, _body, _cell, out Slot slot))
        {
            any |= Seal(_circuit.Id, slot);
        }

        return any;
    }

    private bool Seal(CircuitId circuit, Slot slot)
    {
        if (!_links.TrySeal(Now, _link, circuit, slot, _cell, _datagram, out Transmit transmit))
        {
            return false;
        }

        _relay.HandleDatagram(Now, _address, _datagram.AsSpan(0, transmit.Bytes));
        return true;
    }

    private bool TakeIn()
    {
        bool any = false;
        while (_relay.PollEvent(out RelayEvent relayEvent))
        {
            any = true;
            Events.Enqueue(relayEvent);
        }

        while (_relay.PollTransmit(Now, _datagram, out Transmit transmit))
        {
            any = true;
            if (transmit.To == _address)
            {
                Receive(_datagram.AsSpan(0, transmit.Bytes));
            }
            else
            {
                SentElsewhere.Add(transmit.To);
            }
        }

        while (_links.PollEvent(out _) || (_circuit is not null && (_circuit.PollEvent(out _) || Mux.PollEvent(out _))))
        {
            any = true;
        }

        return any;
    }

    private void Receive(ReadOnlySpan<byte> datagram)
    {
        _links.HandleDatagram(Now, _relayAddress, datagram, _cell, out ReceivedCell received);
        if (received.Kind == ReceivedKind.Message)
        {
            _circuit.HandleMessage(Now, _cell);
        }
        else if (received.Kind == ReceivedKind.Cell
            && _circuit.HandleCell(Now, received.Slot, _cell, out _) == CircuitDrop.None)
        {
            Mux.HandleBody(Now, _cell.AsSpan(WireLayout.OwnerMarkBytes));
        }
    }
}
