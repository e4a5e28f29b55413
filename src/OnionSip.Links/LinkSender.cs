using System;
using System.Buffers.Binary;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>Seals datagrams of one link. (WIRE.DATAGRAM, LINK.REKEY)</summary>
/// <remarks>
/// Bounds:  no counter is used twice under one key; nothing is allocated but at a rekey.
/// Secrets: the current key only; the one before is erased at the rekey.
/// </remarks>
internal sealed class LinkSender : IDisposable
{
    private readonly EpochChain _chain;
    private readonly uint _receiverIndex;
    private readonly long _rekeyDatagrams;
    private readonly TimeSpan _rekeyAfter;
    private Aead _aead;
    private Instant _firstSealed = Instant.Never;
    private uint _counter;
    private byte _epoch;

    internal LinkSender(AeadSuite suite, ReadOnlySpan<byte> key, uint receiverIndex, LinkOptions options)
    {
        _chain = new EpochChain(suite, key);
        _aead = _chain.Current();
        _receiverIndex = receiverIndex;
        _rekeyDatagrams = Math.Clamp(options.RekeyDatagrams, 1, LinkParameters.RekeyDatagrams);
        _rekeyAfter = options.RekeyAfter;
    }

    /// <summary>Seals the cell that stands in the datagram; true when a new epoch began with it.</summary>
    internal bool Seal(Instant now, CircuitId circuit, Slot slot, Span<byte> datagram)
    {
        bool isRekeyed = IsRekeyDue(now);
        if (isRekeyed)
        {
            Rekey();
        }

        if (_firstSealed.IsNever)
        {
            _firstSealed = now;
        }

        BinaryPrimitives.WriteUInt32BigEndian(datagram, (_receiverIndex << 8) | _epoch);
        BinaryPrimitives.WriteUInt32BigEndian(datagram[WireLayout.CounterOffset..], _counter);
        Span<byte> plaintext = datagram.Slice(WireLayout.HeaderBytes, WireLayout.SealedBytes);
        BinaryPrimitives.WriteUInt32BigEndian(plaintext, circuit.Value);
        BinaryPrimitives.WriteUInt32BigEndian(plaintext[WireLayout.SlotOffset..], slot.Value);
        _aead.Seal(_counter, default, plaintext, datagram[WireLayout.HeaderBytes..WireLayout.DatagramBytes]);
        _counter++;
        return isRekeyed;
    }

    public void Dispose()
    {
        _aead.Dispose();
        _chain.Dispose();
    }

    private bool IsRekeyDue(Instant now) =>
        _counter >= _rekeyDatagrams || (!_firstSealed.IsNever && now - _firstSealed >= _rekeyAfter);

    private void Rekey()
    {
        _chain.Step();
        _aead.Dispose();
        _aead = _chain.Current();
        _counter = 0;
        _firstSealed = Instant.Never;
        _epoch = unchecked((byte)(_epoch + 1));
    }
}
