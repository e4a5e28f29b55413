using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using OnionSip.Circuits;
using OnionSip.Directory;
using OnionSip.Hosting.Loops;
using OnionSip.Links;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Benchmarks.Loads;

/// <summary>
/// Generator and sink: plays all neighbours of the relay under test over the full protocol, on one thread of one processor.
/// </summary>
/// <remarks>
/// Setting up uses the project's own machines cell by cell. A call that is ready sends one cell each way every 20 ms: what one peer has
/// for the relay leaves in one piece at the peer's phase. Cells to a middle or guard are random bytes, which such a relay cannot tell from
/// good ones; cells to an exit carry their layer.
/// </remarks>
internal sealed class CallLoad : IDisposable
{
    internal const long Period = 20_000_000;
    private const long NapNanoseconds = 500_000;

    /// <summary>Clients that are due within so long of one another are sent together.</summary>
    private const long ShortNapNanoseconds = 100_000;
    private const long TimerNanoseconds = 10_000_000;

    /// <summary>The first 1,024 slots of a hop are for building; voice begins after them. (CIRCUIT.TICK)</summary>
    private const uint VoiceGapSlots = 1100;

    /// <summary>Few, so that a cell's time of sending is that of its system call.</summary>
    private const int FlushCells = 8;

    /// <summary>Datagrams of the longest bundle.</summary>
    private const int MostOpened = 65536 / WireLayout.DatagramBytes;

    private const int LanesAhead = 6;

    /// <summary>Without a new call for so long the relay takes no more.</summary>
    private const long PatienceNanoseconds = 12_000_000_000;

    private readonly LoadOptions _options;
    private readonly BenchNetwork _network;
    private readonly LinkPort _port = new();
    private readonly TrainSocket _socket;
    private readonly CallMaker _maker;
    private readonly FarEnds _far;
    private readonly OsEntropy _entropy = new();
    private readonly List<Endpoint> _endpoints = [];
    private readonly int[] _byAddress = new int[1 << 16];
    private readonly LaneMap _map;
    private readonly List<Endpoint> _speakers = [];
    private readonly byte[] _cell = new byte[WireLayout.CellBytes];
    private readonly (uint Circuit, Slot Slot, int Lane)[] _opened = new (uint, Slot, int)[MostOpened];
    private int _nextSpeaker;
    private int _timerAt;
    private int _unsent;
    private LinkId _link;
    private long _timersDue;

    public CallLoad(LoadOptions options, BenchNetwork network)
    {
        _options = options;
        _network = network;
        Lanes = new(2 * options.Calls);
        _map = new(4 * options.Calls);
        Calls = new Call?[options.Calls];
        _socket = _port.Socket;
        _maker = new(options, network, _endpoints, _port, Calls, Begin);
        _far = new(options, Lanes, Calls);
        Array.Fill(_byAddress, -1);
        Instant now = Now();
        WallTime wallNow = new HostClock(TimeProvider.System).WallNow;
        for (int peer = 0; peer < options.Peers; peer++)
        {
            Add(now, wallNow, BenchNetwork.PlayedAddress(peer), network.Played[peer]);
        }

        int clients = options.SharesClient ? 1 : options.Part == RelayPart.Guard ? options.Calls : 0;
        for (int client = 0; client < clients; client++)
        {
            Add(now, wallNow, BenchNetwork.ClientAddress(client), null);
        }

        _speakers.AddRange(_endpoints);
        Spread(options.Peers, 0);
        Spread(options.Peers, _endpoints.Count);
    }

    public LaneTable Lanes { get; }

    public Call?[] Calls { get; }

    public long LinksClosed => _port.LinksClosed;

    public CallMaker Maker => _maker;

    public LinkPort Port => _port;

    /// <summary>How late the generator itself was for its peers' ticks.</summary>
    public Histogram Lateness { get; } = new();

    /// <summary>CREATE messages a second that nobody goes on with.</summary>
    public CreateStorm? Storm { get; set; }

    public bool RecordsArrivals { get; set; }

    /// <summary>Calls that are ready stay silent: circuits at rest.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Wakes so often that what is measured is not its own sleep; costs the processor.</summary>
    public bool IsEager { get; set; }

    /// <summary>Of the endpoint's link, as its last PING showed.</summary>
    public TimeSpan? RoundTrip(Endpoint endpoint) => endpoint.Links.RoundTripOf(endpoint.Link);

    public IReadOnlyList<Endpoint> Endpoints => _endpoints;

    public FarEnds Far => _far;

    public static Instant Now() => new(Kernel.Now() / 100);

    /// <summary>Opens all links; false when some did not within the time.</summary>
    public bool OpenLinks(TimeSpan limit)
    {
        RelayDescriptor relay = _network.Descriptor(0);
        LinkTarget target = new(relay.Identity, relay.Addresses[0], LinkPublicKey.FromBytes(relay.LinkKey.Span));
        long until = Kernel.Now() + (limit.Ticks * 100);
        int next = 0;
        while (Kernel.Now() < until)
        {
            int opening = 0;
            foreach (Endpoint endpoint in _endpoints)
            {
                opening += endpoint.IsOpening && !endpoint.IsOpen ? 1 : 0;
            }

            for (; next < _endpoints.Count && opening < 24; next++, opening++)
            {
                Endpoint endpoint = _endpoints[next];
                endpoint.Link = endpoint.Links.Open(Now(), target);
                endpoint.IsOpening = true;
                _port.Drain(endpoint);
            }

            if (_port.LinksOpened >= _endpoints.Count)
            {
                return true;
            }

            Run(Kernel.Now() + 5_000_000);
        }

        return false;
    }

    /// <summary>Makes calls until so many in all are ready or the time is up; returns how many are.</summary>
    public int MakeCalls(int calls, TimeSpan limit)
    {
        long until = Kernel.Now() + (limit.Ticks * 100);
        for (int index = 0; index < calls; index++)
        {
            if (Calls[index] is null)
            {
                _maker.Want(index);
            }
        }

        int ready = ReadyCount();
        long progress = Kernel.Now();
        while (Kernel.Now() < until && Kernel.Now() < progress + PatienceNanoseconds && _maker.IsBusy)
        {
            Run(Kernel.Now() + 50_000_000);
            int count = ReadyCount();
            progress = count > ready ? Kernel.Now() : progress;
            ready = count;
        }

        _maker.Forget();
        return ready;
    }

    public int ReadyCount()
    {
        int ready = 0;
        foreach (Call? call in Calls)
        {
            ready += call is { Stage: CallStage.Ready } ? 1 : 0;
        }

        return ready;
    }

    /// <summary>Ends one call and wants another in its place.</summary>
    public void Replace(int index)
    {
        if (Calls[index] is not { Stage: CallStage.Ready } call)
        {
            return;
        }

        Remove(call);
        Calls[index] = null;
        call.Close(Now());
        _maker.Send(call);
        call.Dispose();
        _maker.Want(index);
    }

    public void RunFor(TimeSpan time) => Run(Kernel.Now() + (time.Ticks * 100));

    /// <summary>Sends and receives until then.</summary>
    public void Run(long until)
    {
        long now = Kernel.Now();
        do
        {
            SendDue(now);
            Storm?.Send(now, _endpoints, _port);
            _far.SendDue(now);
            _socket.Flush();
            Receive();
            _far.Receive();
            RunTimers(now);
            _socket.Flush();
            now = Kernel.Now();
            long next = IsEager ? now : Math.Min(now + NapNanoseconds, until);
            if (_speakers.Count > 0 && !IsEager)
            {
                next = Math.Min(next, Math.Max(_speakers[_nextSpeaker].NextTick, now + ShortNapNanoseconds));
            }

            if (next > now)
            {
                Kernel.SleepUntil(next);
                now = Kernel.Now();
            }
        }
        while (now < until);
    }

    public void ClearCounts()
    {
        Lanes.ClearCounts();
        Lateness.Clear();
        _socket.SetClock();
        _far.SetClock();
        _far.Arrivals = RecordsArrivals ? new int[Period / 10_000] : null;
        foreach (Endpoint endpoint in _endpoints)
        {
            endpoint.Arrivals = RecordsArrivals ? new int[Period / 10_000] : null;
        }
    }

    public void Dispose()
    {
        Instant now = Now();
        foreach (Endpoint endpoint in _endpoints)
        {
            endpoint.Links.CloseAll(now);
            _port.Drain(endpoint);
        }

        _socket.Flush();
        foreach (Call? call in Calls)
        {
            call?.Dispose();
        }

        foreach (Endpoint endpoint in _endpoints)
        {
            endpoint.Dispose();
        }

        _port.Dispose();
        _far.Dispose();
    }

    private void Add(Instant now, WallTime wallNow, uint address, PlayedRelay? relay)
    {
        _byAddress[address & 0xFFFF] = _endpoints.Count;
        _endpoints.Add(new(_endpoints.Count, address, now, wallNow, _network.Document, _entropy, relay));
    }

    /// <summary>Gives the peers, and by themselves the clients, phases that follow one another evenly.</summary>
    private void Spread(int first, int end)
    {
        (int from, int to) = end == 0 ? (0, first) : (first, end);
        long start = Kernel.Now() + Period;
        for (int index = from; index < to; index++)
        {
            // Off the whole milliseconds, where a relay's own ticks may lie.
            long phase = (Period * (index - from) / Math.Max(1, to - from)) + 370_000;
            _endpoints[index].Phase = phase % Period;
            _endpoints[index].NextTick = start - (start % Period) + Period + _endpoints[index].Phase;
        }

        _speakers.Sort(static (left, right) => left.NextTick.CompareTo(right.NextTick));
        _nextSpeaker = 0;
    }

    private void SendDue(long now)
    {
        while (_speakers.Count > 0 && _speakers[_nextSpeaker].NextTick <= now)
        {
            Endpoint speaker = _speakers[_nextSpeaker];
            _nextSpeaker = (_nextSpeaker + 1) % _speakers.Count;
            long late = now - speaker.NextTick;
            speaker.NextTick += Period;
            if (speaker.Groups.Count == 0)
            {
                continue;
            }

            // As a relay does: what is a period late is left out, so that no burst follows.
            bool skips = late >= Period;
            Lateness.Add(late);
            foreach (LaneGroup group in speaker.Groups)
            {
                SendGroup(speaker, group, skips);
            }
        }
    }

    private void SendGroup(Endpoint speaker, LaneGroup group, bool skips)
    {
        Instant now = Now();
        long at = skips ? 0 : Kernel.Now();
        PeerAddress to = default;
        Span<byte> train = _socket.Next();
        int bytes = 0;
        ReadOnlySpan<int> lanes = CollectionsMarshal.AsSpan(group.Lanes);
        for (int index = 0; index < lanes.Length; index++)
        {
            Lanes.Prefetch(lanes[Math.Min(index + LanesAhead, lanes.Length - 1)]);
            int lane = lanes[index];
            if (bytes == TrainSocket.TrainBytes)
            {
                _port.Commit(speaker, to, bytes);
                train = _socket.Next();
                bytes = 0;
            }

            if (SealLane(now, speaker, lane, at, train[bytes..], out Transmit transmit))
            {
                to = transmit.To;
                bytes += WireLayout.DatagramBytes;
            }
        }

        if (bytes > 0)
        {
            _port.Commit(speaker, to, bytes);
        }

        _unsent += group.Lanes.Count;
        if (_unsent >= FlushCells)
        {
            _unsent = 0;
            _socket.Flush();
        }
    }

    private bool SealLane(Instant now, Endpoint speaker, int lane, long at, Span<byte> datagram, out Transmit transmit)
    {
        transmit = default;
        ref Lane entry = ref Lanes[lane];
        if (_options.Part == RelayPart.Exit)
        {
            // Only the forward lane of such a call speaks from here; the other comes out of a far end.
            if (at == 0)
            {
                _ = Lanes.Send(lane, 0);
                return false;
            }

            ReadOnlySpan<byte> body = _far.ForwardBody(lane >> 1, entry.Count);
            Call call = Calls[lane >> 1]!;
            return call.TrySealVoice(now, body, _cell, out Slot voice)
                && Sent(lane, at) && speaker.Links.TrySeal(now, entry.Link, entry.Circuit, voice, _cell, datagram, out transmit);
        }

        // What stands there from before is a sealed cell: as good as random.
        Slot slot = Lanes.Send(lane, at);
        return at != 0
            && speaker.Links.TrySeal(now, entry.Link, entry.Circuit, slot, datagram[..WireLayout.DatagramBytes], out transmit);
    }

    private bool Sent(int lane, long at)
    {
        _ = Lanes.Send(lane, at);
        return true;
    }

    private void Receive()
    {
        int count;
        do
        {
            count = _socket.Receive();
            for (int place = 0; place < count; place++)
            {
                HandleBundle(_socket.Read(place));
            }
        }
        while (count == TrainSocket.ReceiveCapacity);
    }

    private void HandleBundle(in Bundle bundle)
    {
        int index = _byAddress[bundle.Local & 0xFFFF];
        if (index < 0 || bundle.SegmentBytes != WireLayout.DatagramBytes)
        {
            return;
        }

        Endpoint endpoint = _endpoints[index];
        Instant now = Now();
        PeerAddress from = BenchNetwork.Address(bundle.From, bundle.Port);
        int count = Math.Min(MostOpened, bundle.Bytes.Length / WireLayout.DatagramBytes);
        for (int place = 0; place < count; place++)
        {
            Span<byte> datagram = bundle.Bytes.Slice(place * WireLayout.DatagramBytes, WireLayout.DatagramBytes);
            _ = endpoint.Links.HandleDatagram(now, from, datagram, out ReceivedCell received);
            _opened[place] = (received.Circuit.Value, received.Slot, -1);
            if (received.Kind == ReceivedKind.Cell)
            {
                _map.Prefetch(endpoint.Index, received.Circuit.Value);
                _link = received.Link;
            }
            else if (received.Kind == ReceivedKind.Message)
            {
                HandleMessage(now, endpoint, received, LinkTable.CellOf(datagram));
            }
        }

        int paced = HandleCells(now, endpoint, bundle, count);
        if (endpoint.Arrivals is { } arrivals && paced > 0)
        {
            arrivals[bundle.At % Period / 10_000] += paced;
        }

        _port.Drain(endpoint);
    }

    /// <summary>
    /// In turns over the whole bundle, so that what each cell needs of memory is on its way before it is used. Returns how many were of
    /// running calls: the others leave a relay at once and not by its ticks.
    /// </summary>
    private int HandleCells(Instant now, Endpoint endpoint, in Bundle bundle, int count)
    {
        int running = 0;
        for (int index = 0; index < count; index++)
        {
            (uint circuit, Slot slot, _) = _opened[index];
            if (circuit != 0 && _map.TryFind(endpoint.Index, circuit, out int lane))
            {
                running++;
                _opened[index].Lane = lane;
                Lanes.Prefetch(lane);
            }
        }

        for (int index = 0; index < count; index++)
        {
            (uint circuit, Slot slot, int lane) = _opened[index];
            Span<byte> cell = LinkTable.CellOf(bundle.Bytes.Slice(index * WireLayout.DatagramBytes, WireLayout.DatagramBytes));
            if (lane < 0 && circuit != 0)
            {
                _ = _maker.HandleCell(now, endpoint, new(ReceivedKind.Cell, _link, new(circuit), slot), cell);
            }
            else if (lane >= 0 && _options.Part == RelayPart.Exit)
            {
                _far.HandleBackward(now, lane, slot, cell, bundle.At);
            }
            else if (lane >= 0)
            {
                Lanes.Receive(lane, slot, bundle.At);
            }
        }

        return running;
    }

    private void HandleMessage(Instant now, Endpoint endpoint, in ReceivedCell received, ReadOnlySpan<byte> message)
    {
        uint circuit = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(message[1..]);
        bool isTaken = _maker.HandleMessage(now, endpoint, circuit, message) || (Storm?.TryTake(endpoint, message, _port) ?? false);
        if (!isTaken)
        {
            _ = endpoint.Circuits?.HandleMessage(now, received.Link, endpoint.Links.IsInitiator(received.Link), message);
        }
    }

    private void Begin(Call call)
    {
        if (IsSilent)
        {
            return;
        }

        Endpoint from = call.Plan.From;
        int forward = Call.ForwardLane(call.Index);
        int backward = Call.BackwardLane(call.Index);
        Lanes.Start(forward, unchecked(call.LastSlot + VoiceGapSlots), call.ForwardShift, from.Link, call.Circuit.Id);
        _map.Add(from.Index, call.Circuit.Id.Value, backward);
        from.AddLane(from.Link, forward);
        if (call.Plan.To is { } to)
        {
            Lanes.Start(backward, unchecked(call.FarLastSlot + 1), call.BackwardShift, call.FarEnd.Link, call.FarEnd.Circuit);
            _map.Add(to.Index, call.FarEnd.Circuit.Value, forward);
            to.AddLane(call.FarEnd.Link, backward);
        }
        else
        {
            call.SkipSlots(Now(), (int)VoiceGapSlots);
            Lanes.Start(backward, 0, 0, from.Link, call.Circuit.Id);
            _far.Begin(call);
        }
    }

    private void Remove(Call call)
    {
        Endpoint from = call.Plan.From;
        from.Calls.Remove(call.Circuit.Id.Value);
        _map.Remove(from.Index, call.Circuit.Id.Value);
        from.RemoveLane(Call.ForwardLane(call.Index));
        if (call.Plan.To is { } to)
        {
            _map.Remove(to.Index, call.FarEnd.Circuit.Value);
            to.RemoveLane(Call.BackwardLane(call.Index));
        }
        else
        {
            _far.End(call);
        }
    }

    private void RunTimers(long now)
    {
        _maker.Start();
        if (now < _timersDue)
        {
            return;
        }

        _timersDue = now + TimerNanoseconds;
        Instant instant = Now();
        for (int count = 0; count < (_endpoints.Count / 5) + 1; count++)
        {
            _timerAt = (_timerAt + 1) % _endpoints.Count;
            _endpoints[_timerAt].Links.HandleTimeout(instant);
            if (_maker.Making > 0)
            {
                _endpoints[_timerAt].Circuits?.HandleTimeout(instant);
            }

            _port.Drain(_endpoints[_timerAt]);
        }

        _maker.HandleTimeout(instant);
    }
}
