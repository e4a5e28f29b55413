using System;
using OnionSip.Circuits;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>This relay as one hop of one circuit: what it and the client say to each other. (NODE.HOP)</summary>
/// <remarks>States: open until <see cref="IsBroken"/>; a client that breaks the protocol loses its circuit, without an answer.</remarks>
internal sealed class RelayHop
{
    private readonly StreamMux _mux;
    private readonly ExitShare _share;

    /// <summary>
    /// The circuit goes on behind this hop: it may no longer speak, so its own streams may fail without harm. (CIRCUIT.EXTEND)
    /// </summary>
    private bool _isExtended;

    public RelayHop(Instant now, CircuitHandle handle, long payer, ExitShare share)
    {
        Handle = handle;
        _share = share;
        _mux = new(now, new StreamMuxOptions { IsClient = false });
        Exit = new(KeyOf(handle), payer, _mux, share);
    }

    public CircuitHandle Handle { get; }

    public HopExit Exit { get; }

    /// <summary>The client broke the protocol: the circuit must end.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Stands in the queue of hops with work.</summary>
    public bool IsQueued { get; set; }

    public static CircuitHandle HandleOf(ExitKey key) => new((int)(key.Circuit >> 32), (uint)(key.Circuit & uint.MaxValue));

    public static long KeyOf(CircuitHandle handle) => ((long)handle.Index << 32) | handle.Generation;

    public void HandleBody(Instant now, ReadOnlySpan<byte> body) => _mux.HandleBody(now, body);

    public void HandleTimeout(Instant now) => _mux.HandleTimeout(now);

    public Instant PollTimeout() => _mux.PollTimeout();

    public bool TryTakeBody(Instant now, Span<byte> body) => !IsBroken && _mux.PollBody(now, body);

    /// <summary>The body of a slot that is used in any case. (CIRCUIT.TICK, FLOW.PACED)</summary>
    public void FillBody(Instant now, Span<byte> body)
    {
        _mux.IsPaced = true;
        if (!IsBroken)
        {
            _mux.FillBody(now, body);
        }
    }

    public void SetReport(in ReportFrame report) => _mux.NextReport = report;

    public void SendExtended(Instant now, ushort request, ReadOnlySpan<byte> created)
    {
        _isExtended = true;
        SendControl(now, _share.Written.AsSpan(0, ExtendedMessage.Write(_share.Written, request, created)));
    }

    public void SendStatus(Instant now, ControlMessageType type, ushort id, ControlStatus status) =>
        SendControl(now, _share.Written.AsSpan(0, StatusMessage.Write(_share.Written, type, id, status)));

    /// <summary>Handles what the mux has to say after an input.</summary>
    public void Pump(Instant now, RelayExtender extender)
    {
        while (!IsBroken && _mux.PollEvent(out MuxEvent muxEvent))
        {
            switch (muxEvent.Kind)
            {
                case MuxEventKind.ControlReadable:
                    ReadControl(now, extender);
                    break;
                case MuxEventKind.ProtocolError:
                    IsBroken = !_isExtended;
                    Exit.AbortAll();
                    break;
                default:
                    Exit.HandleMux(now, muxEvent);
                    break;
            }
        }

        Exit.TakeFlows(now);
        IsBroken |= Exit.HasFailed;
    }

    private void ReadControl(Instant now, RelayExtender extender)
    {
        while (!IsBroken && _mux.TryReceiveControl(_share.Received, out int bytes))
        {
            ReadOnlySpan<byte> message = _share.Received.AsSpan(0, bytes);
            if (ControlMessage.ParseType(message, out ControlMessageType type) != WireParse.None)
            {
                Break();
                return;
            }

            if (type == ControlMessageType.Extend)
            {
                HandleExtend(now, message, extender);
            }
            else if (!Exit.HandleControl(now, type, message))
            {
                IsBroken = true;
            }
        }
    }

    private void HandleExtend(Instant now, ReadOnlySpan<byte> message, RelayExtender extender)
    {
        if (!ExtendMessage.TryParse(message, out ExtendMessage extend))
        {
            Break();
            return;
        }

        ushort request = extend.Request;
        ControlStatus status = _isExtended ? ControlStatus.BadRequest : extender.Extend(now, Handle, extend);
        if (status != ControlStatus.None)
        {
            SendStatus(now, ControlMessageType.ExtendFailed, request, status);
        }
    }

    private void Break()
    {
        _share.Drops.Count(RelayDrop.BadControl);
        IsBroken = true;
    }

    /// <summary>Queues a message for the client; one that does not fit means a client that does not read.</summary>
    public void SendControl(Instant now, ReadOnlySpan<byte> message)
    {
        if (!_mux.TrySendControl(now, message))
        {
            IsBroken = true;
        }
    }
}
