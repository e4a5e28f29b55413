using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>
/// CREATE messages at a steady rate, each costing the relay a whole handshake: one recorded message under ever new ids, destroyed once it
/// was answered.
/// </summary>
internal sealed class CreateStorm
{
    private readonly List<byte[]> _cells = [];
    private readonly HashSet<ulong> _open = new(65536);
    private readonly long _every;
    private readonly OsEntropy _entropy = new();
    private readonly byte[] _message = new byte[WireLayout.CellBytes];
    private readonly int _endpoints;
    private long _due = Kernel.Now();
    private int _at;

    public CreateStorm(int perSecond, int endpoints, in HopTarget target, ReadOnlySpan<byte> networkId)
    {
        _every = 1_000_000_000 / perSecond;
        _endpoints = endpoints;
        using ClientCircuit circuit = new(CallLoad.Now(), new(1), target, networkId, _entropy);
        byte[] cell = new byte[WireLayout.CellBytes];
        while (circuit.PollMessage(cell))
        {
            _cells.Add([.. cell]);
        }
    }

    public long Sent { get; private set; }

    public long Answered { get; private set; }

    public long Refused { get; private set; }

    public void Send(long now, IReadOnlyList<Endpoint> endpoints, LinkPort port)
    {
        for (; _due <= now; _due += _every)
        {
            Endpoint from = endpoints[_at++ % _endpoints];
            CircuitId id = CircuitIdChoice.Draw(from.Links.IsInitiator(from.Link), _entropy);
            foreach (byte[] cell in _cells)
            {
                cell.CopyTo(_message, 0);
                BinaryPrimitives.WriteUInt32BigEndian(_message.AsSpan(1), id.Value);
                port.SendMessage(from, _message);
            }

            Sent++;
            if (_open.Count < 60_000)
            {
                _open.Add(Key(from, id.Value));
            }
        }
    }

    /// <summary>True when the message answers one of these.</summary>
    public bool TryTake(Endpoint endpoint, ReadOnlySpan<byte> message, LinkPort port)
    {
        uint circuit = BinaryPrimitives.ReadUInt32BigEndian(message[1..]);
        if (!_open.Remove(Key(endpoint, circuit)))
        {
            return (LinkCommand)message[0] == LinkCommand.Created;
        }

        if ((LinkCommand)message[0] != LinkCommand.Created)
        {
            Refused++;
            return true;
        }

        Answered++;
        Array.Clear(_message);
        _message[0] = (byte)LinkCommand.Destroy;
        BinaryPrimitives.WriteUInt32BigEndian(_message.AsSpan(1), circuit);
        port.SendMessage(endpoint, _message);
        return true;
    }

    private static ulong Key(Endpoint endpoint, uint circuit) => ((ulong)(uint)endpoint.Index << 32) | circuit;
}
