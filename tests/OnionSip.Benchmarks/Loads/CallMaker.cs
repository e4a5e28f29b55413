using System;
using System.Collections.Generic;
using OnionSip.Circuits;
using OnionSip.Directory;
using OnionSip.Hosting.Loops;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>Makes calls, many at once, with the project's own machines; what fails is tried again.</summary>
internal sealed class CallMaker(
    LoadOptions options, BenchNetwork network, IReadOnlyList<Endpoint> endpoints, LinkPort port, Call?[] calls, Action<Call> begin)
{
    private const int MakingMax = 48;

    private readonly OsEntropy _entropy = new();
    private readonly List<Call> _making = [];
    private readonly Queue<int> _wanted = new();
    private readonly byte[] _cell = new byte[WireLayout.CellBytes];

    public long Failed { get; private set; }

    public string LastTrouble { get; private set; } = "";

    public int Making => _making.Count;

    public bool IsBusy => _wanted.Count > 0 || _making.Count > 0;

    public void Want(int index) => _wanted.Enqueue(index);

    /// <summary>No more calls are begun; those under way go on.</summary>
    public void Forget() => _wanted.Clear();

    /// <summary>Begins calls that are wanted, as far as there is room.</summary>
    public void Start()
    {
        while (_making.Count < MakingMax && _wanted.TryDequeue(out int index))
        {
            CallPlan plan = Plan(index);
            CircuitId id = CircuitIdChoice.Draw(plan.From.Links.IsInitiator(plan.From.Link), _entropy);
            Call call = new(index, plan, id, network.Document.NetworkId.Span, CallLoad.Now(), _entropy);
            calls[index] = call;
            plan.From.Calls[id.Value] = call;
            _making.Add(call);
            Send(call);
        }
    }

    public void HandleTimeout(Instant now)
    {
        for (int index = _making.Count - 1; index >= 0; index--)
        {
            Call call = _making[index];
            call.HandleTimeout(now);
            Follow(call);
        }
    }

    /// <summary>A cell that belongs to no running call; false when nobody knows its circuit.</summary>
    public bool HandleCell(Instant now, Endpoint endpoint, in ReceivedCell received, Span<byte> cell)
    {
        if (endpoint.Calls.TryGetValue(received.Circuit.Value, out Call? call))
        {
            call.HandleCell(now, received.Slot, cell);
            Follow(call);
            return true;
        }

        return endpoint.Circuits is { } circuits && HandleEnd(now, endpoint, circuits, received, cell);
    }

    /// <summary>CREATED or DESTROY for a call of an endpoint; false when it is of none.</summary>
    public bool HandleMessage(Instant now, Endpoint endpoint, uint circuit, ReadOnlySpan<byte> message)
    {
        if (!endpoint.Calls.TryGetValue(circuit, out Call? call))
        {
            return false;
        }

        call.HandleMessage(now, message);
        Follow(call);
        return true;
    }

    /// <summary>Sends what a call wants sent that has no lane of its own for it.</summary>
    public void Send(Call call)
    {
        Endpoint from = call.Plan.From;
        Span<byte> cell = stackalloc byte[WireLayout.CellBytes];
        while (call.Circuit.PollMessage(cell))
        {
            port.SendMessage(from, cell);
        }

        while (call.TryTakeCell(CallLoad.Now(), cell, out Slot slot))
        {
            port.SendCell(from, from.Link, call.Circuit.Id, slot, cell);
        }
    }

    /// <summary>Sends what the making wants sent; a call that is ready begins, one that failed is made anew.</summary>
    private void Follow(Call call)
    {
        Send(call);
        if (call.Stage == CallStage.Ready && _making.Remove(call))
        {
            begin(call);
        }
        else if (call.Stage == CallStage.Failed && _making.Remove(call))
        {
            Failed++;
            LastTrouble = call.Trouble;
            call.Plan.From.Calls.Remove(call.Circuit.Id.Value);
            calls[call.Index] = null;
            call.Dispose();
            Want(call.Index);
        }
    }

    /// <summary>A cell for a circuit that ends at a played relay: a mark tells whose it is, and is sent back.</summary>
    private bool HandleEnd(Instant now, Endpoint endpoint, RelayCircuitTable circuits, in ReceivedCell received, Span<byte> cell)
    {
        _ = circuits.HandleCell(now, received.Link, received.Circuit, received.Slot, cell, out CellRoute route);
        if (route.Kind != CellRouteKind.Deliver || !Call.TryReadMark(cell[WireLayout.OwnerMarkBytes..], out uint index, out uint mark))
        {
            return false;
        }

        Call? call = _making.Find(making => making.Index == index);
        Span<byte> body = stackalloc byte[WireLayout.BodyBytes];
        Call.WriteMark(body, index, mark);
        if (call is null || !circuits.TrySealBody(now, route.Handle, body, _cell, out CellRoute back))
        {
            return false;
        }

        call.HandleMark(mark, received.Slot, new(back.Link, back.Circuit), back.Slot);
        port.SendCell(endpoint, back.Link, back.Circuit, back.Slot, _cell);
        return true;
    }

    private CallPlan Plan(int index)
    {
        CircuitFlags flags = options.IsSignalling ? CircuitFlags.None : CircuitFlags.Voice | CircuitFlags.Retime;
        List<HopTarget> hops = [];
        for (int process = 0; process < options.PathProcesses; process++)
        {
            RelayDescriptor relay = network.Descriptor(process);
            hops.Add(new(relay.Identity, OnionPublicKey.FromBytes(relay.OnionKey.Span)) { Flags = flags });
        }

        PeerAddress far = BenchNetwork.Address(BenchNetwork.FarAddress(index), BenchNetwork.FarPort);
        Endpoint from = options.SharesClient ? endpoints[options.Peers]
            : options.Part == RelayPart.Guard ? endpoints[options.Peers + index]
            : endpoints[index % options.Peers];
        if (options.Part == RelayPart.Exit)
        {
            return new(from, hops, null, far);
        }

        // With one peer alone its calls come back to it.
        int step = options.Peers == 1 ? 0 : 1 + (index / options.Peers % (options.Peers - 1));
        Endpoint to = endpoints[(index + step) % options.Peers];

        // The played relay is asked for no voice place: it would want to see the cells in its own tables.
        hops.Add(new(to.Relay!.Identity, OnionPublicKey.FromBytes(to.Relay.OnionPublicKey)));
        return new(from, hops, to, far);
    }
}
