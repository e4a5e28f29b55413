using System;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>One datagram being put together from its parts. (FLOW.PARTS)</summary>
internal sealed class PartAssembly
{
    private readonly byte[] _bytes = new byte[WireLayout.MaxFlowParts * FlowPartFrame.MaxBytes];
    private readonly byte[] _lengths = new byte[WireLayout.MaxFlowParts];
    private uint _held;

    public bool IsInUse { get; private set; }

    public FlowId Flow { get; private set; }

    public ushort Packet { get; private set; }

    public byte Parts { get; private set; }

    public Instant StartedAt { get; private set; }

    public int TotalBytes { get; private set; }

    public bool IsComplete => System.Numerics.BitOperations.PopCount(_held) == Parts;

    public void Start(Instant now, FlowId flow, in FlowPartFrame frame)
    {
        IsInUse = true;
        Flow = flow;
        Packet = frame.Packet;
        Parts = frame.Parts;
        StartedAt = now;
        TotalBytes = 0;
        _held = 0;
    }

    public void Release() => IsInUse = false;

    /// <summary>Drops: BadPart, DuplicatePart, FlowTooLong. (FLOW.PARTS)</summary>
    public MuxDrop Add(in FlowPartFrame frame)
    {
        if (frame.Parts != Parts)
        {
            return MuxDrop.BadPart;
        }

        uint bit = 1u << frame.Part;
        if ((_held & bit) != 0)
        {
            return MuxDrop.DuplicatePart;
        }

        if (TotalBytes + frame.Bytes.Length > StreamLimits.MaxFlowBytes)
        {
            return MuxDrop.FlowTooLong;
        }

        frame.Bytes.CopyTo(_bytes.AsSpan(frame.Part * FlowPartFrame.MaxBytes));
        _lengths[frame.Part] = (byte)frame.Bytes.Length;
        TotalBytes += frame.Bytes.Length;
        _held |= bit;
        return MuxDrop.None;
    }

    public void CopyTo(Span<byte> destination)
    {
        for (int part = 0; part < Parts; part++)
        {
            _bytes.AsSpan(part * FlowPartFrame.MaxBytes, _lengths[part]).CopyTo(destination);
            destination = destination[_lengths[part]..];
        }
    }
}
