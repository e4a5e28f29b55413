using System;
using System.Numerics;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Where a circuit stands at a relay. (CIRCUIT.STATE)</summary>
internal enum RelayCircuitState : byte
{
    Free = 0,

    /// <summary>This relay is the last hop.</summary>
    Last,

    /// <summary>The last hop, while CREATE to a next one is unanswered.</summary>
    Extending,

    /// <summary>There is a next hop.</summary>
    Extended,
}

/// <summary>One circuit at a relay; a slot that is used again. (CIRCUIT.STATE)</summary>
/// <remarks>Secrets: two ratchets, erased by <see cref="Close"/>.</remarks>
internal sealed class RelayCircuit
{
    private byte[] _create = [];
    private byte[] _created = [];
    private uint _repeated;

    internal RelayCircuit(int index, LayerCipherFactory ciphers)
    {
        Index = index;
        Forward = new HopLayer(LayerDirection.Forward, ciphers);
        Backward = new HopLayer(LayerDirection.Backward, ciphers);
    }

    internal int Index { get; }

    internal uint Generation { get; private set; }

    internal RelayCircuitState State { get; set; }

    /// <summary>What the client asked of this hop. (CIRCUIT.VOICE)</summary>
    internal CircuitFlags Flags { get; private set; }

    internal bool IsVoice => (Flags & CircuitFlags.Voice) != 0;

    internal bool IsRetimed => (Flags & CircuitFlags.Retime) != 0;

    /// <summary>A forward cell past the building slots has come: what passes waits for its tick. (CIRCUIT.TICK)</summary>
    internal bool IsVoiceStarted { get; set; }

    internal VoiceLane? ForwardLane { get; set; }

    internal VoiceLane? BackwardLane { get; set; }

    /// <summary>At the last hop: the forward voice slots that came and were good. (CIRCUIT.REPORT)</summary>
    internal SlotHistory Good { get; } = new();

    internal HopLayer Forward { get; }

    internal HopLayer Backward { get; }

    /// <summary>Both directions at this hop, cells of others. (CIRCUIT.RATE)</summary>
    internal CellRate Rate { get; private set; } = CellRate.Signalling;

    internal CellMeter ForwardMeter;

    internal CellMeter BackwardMeter;

    /// <summary>Who is charged for it; null once it was given back. (CIRCUIT.SHARES)</summary>
    internal LinkPayer? Payer { get; set; }

    internal LinkId ClientLink { get; private set; }

    internal CircuitId ClientCircuit { get; private set; }

    internal LinkId NextLink { get; set; }

    internal CircuitId NextCircuit { get; set; }

    internal SlotOffsets Offsets { get; set; }

    internal RelayExtension? Extension { get; set; }

    internal int ExtendAttempts { get; set; }

    /// <summary>
    /// Cells this hop may still originate; without limit while it is the last and no extension is under way.
    /// (CIRCUIT.HANDOVER)
    /// </summary>
    internal int CellsLeft { get; set; }

    internal Instant LastForward { get; set; }

    internal CircuitHandle Handle => new(Index, Generation);

    internal bool HasNext => State is RelayCircuitState.Extending or RelayCircuitState.Extended;

    internal byte[] CreatedMessage => _created;

    internal void Open(Instant now, LinkId link, CircuitId circuit, byte[] create, byte[] created)
    {
        ClientLink = link;
        ClientCircuit = circuit;
        State = RelayCircuitState.Last;
        LastForward = now;
        CellsLeft = int.MaxValue;
        ExtendAttempts = 0;
        IsVoiceStarted = false;
        Good.Reset();
        _create = create;
        _created = created;
        _repeated = 0;
    }

    /// <summary>What the client asked for, and the rate that goes with it. (CIRCUIT.VOICE, CIRCUIT.RATE)</summary>
    internal void SetFlags(CircuitFlags flags, CellRate rate)
    {
        Flags = flags;
        Rate = rate;
        ForwardMeter.Start(Rate);
        BackwardMeter.Start(Rate);
    }

    /// <summary>
    /// Takes a CREATE fragment under this circuit's id; true when the whole message has come once more.
    /// (CIRCUIT.CREATE)
    /// </summary>
    internal bool TryRepeat(ReadOnlySpan<byte> message, in LinkFragment fragment, out CircuitDrop refused)
    {
        Span<byte> expected = stackalloc byte[WireLayout.CellBytes];
        refused = CircuitDrop.CircuitInUse;
        if (_create.Length == 0 || !FragmentFit.Fits(in fragment, _create.Length))
        {
            return false;
        }

        new FragmentSplitter(LinkCommand.Create, ClientCircuit, _create).WriteCell(fragment.Index, expected);
        if (!expected.SequenceEqual(message))
        {
            return false;
        }

        refused = CircuitDrop.RepeatedFragment;
        _repeated |= 1u << fragment.Index;
        if (BitOperations.PopCount(_repeated) < fragment.Count)
        {
            return false;
        }

        _repeated = 0;
        refused = CircuitDrop.None;
        return true;
    }

    /// <summary>The client has CREATED, or has had time enough: it is not repeated any more.</summary>
    internal void ForgetCreated()
    {
        _create = [];
        _created = [];
    }

    internal void Close()
    {
        Forward.Erase();
        Backward.Erase();
        ForgetCreated();
        Extension = null;
        State = RelayCircuitState.Free;
        Generation = unchecked(Generation + 1);
    }
}
