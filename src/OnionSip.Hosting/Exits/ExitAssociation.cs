using System;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Exits;

/// <summary>One association: two ports, watched. (HOST.EXIT-UDP)</summary>
internal sealed class ExitAssociation : IDisposable
{
    private readonly ExitAssociations _owner;
    private readonly ExitKey _key;
    private readonly Side _even;
    private readonly Side _odd;

    internal ExitAssociation(ExitAssociations owner, ExitKey key, UdpPort even, UdpPort odd)
    {
        _owner = owner;
        _key = key;
        _even = new(this, even, isOdd: false);
        _odd = new(this, odd, isOdd: true);
    }

    internal void Send(Instant now, bool isOdd, in PeerAddress to, ReadOnlySpan<byte> datagram)
    {
        Side side = isOdd ? _odd : _even;
        if (!isOdd)
        {
            _owner.Record?.Add(isOut: true, to, datagram);
        }

        if (!side.Port.Send(to, datagram))
        {
            // The system reports an earlier ICMP error in place of sending: take the report, then send once more.
            side.TakeErrors(now);
            _ = side.Port.Send(to, datagram);
        }
    }

    public void Dispose()
    {
        _even.Dispose();
        _odd.Dispose();
    }

    private sealed class Side : IReadyHandler, IDisposable
    {
        private const int MaxErrorsPerTurn = 16;

        private readonly ExitAssociation _association;
        private readonly Registration _registration;
        private readonly bool _isOdd;

        public Side(ExitAssociation association, UdpPort port, bool isOdd)
        {
            _association = association;
            Port = port;
            _isOdd = isOdd;
            port.ReportErrors();
            _registration = association._owner.Loop.RegisterBulk((int)port.Socket.Handle, this);
        }

        public UdpPort Port { get; }

        public void HandleReady(Instant now, Interest ready)
        {
            if (ready.HasFlag(Interest.Write))
            {
                TakeErrors(now);
            }

            _association._owner.Receive(now, _association._key, Port, _isOdd);
        }

        public void TakeErrors(Instant now)
        {
            for (int count = 0; count < MaxErrorsPerTurn && Port.TryTakeError(out PeerAddress destination); count++)
            {
                _association._owner.ReportUnreachable(now, _association._key, destination);
            }
        }

        public void Dispose()
        {
            _registration.Dispose();
            Port.Dispose();
        }
    }
}
