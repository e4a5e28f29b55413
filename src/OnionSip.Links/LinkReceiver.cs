using System;
using System.Buffers.Binary;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Links;

/// <summary>Opens datagrams of one link. (WIRE.DATAGRAM, LINK.REPLAY, LINK.REKEY)</summary>
/// <remarks>
/// Shape:   a ring of five epochs: the one before, the current, and three ahead, made beforehand, so that a forger costs no key derivation.
/// Drops:   BadEpoch, Replayed, TooOld, BadTag. Only an authentic datagram moves anything.
/// Secrets: the keys of those five epochs; the old one is erased <see cref="LinkParameters.OldEpochLifetime"/> after the change.
/// </remarks>
internal sealed class LinkReceiver : IDisposable
{
    private const int RingEpochs = LinkParameters.EpochsAhead + 2;

    private readonly EpochChain _chain;
    private readonly Aead?[] _aeads = new Aead?[RingEpochs];
    private readonly ReplayWindow[] _windows = new ReplayWindow[RingEpochs];
    private long _epoch;

    internal LinkReceiver(AeadSuite suite, ReadOnlySpan<byte> key)
    {
        _chain = new EpochChain(suite, key);
        for (int place = 0; place < RingEpochs; place++)
        {
            _windows[place] = new ReplayWindow();
        }

        _aeads[0] = _chain.Current();
        for (int ahead = 1; ahead <= LinkParameters.EpochsAhead; ahead++)
        {
            _chain.Step();
            _aeads[ahead] = _chain.Current();
        }
    }

    /// <summary>When the key of the epoch before has to go.</summary>
    internal Instant EraseOldAt { get; private set; } = Instant.Never;

    /// <summary>Opens a datagram of the right length; the plaintext is the sealed part.</summary>
    /// <param name="isNewest">True when nothing later was received before: only such a datagram may move the link. (LINK.ROAM)</param>
    internal LinkDrop TryOpen(Instant now, ReadOnlySpan<byte> datagram, Span<byte> plaintext, out bool isNewest)
    {
        isNewest = false;
        if (now >= EraseOldAt)
        {
            EraseOld();
        }

        int ahead = unchecked((sbyte)(datagram[WireLayout.KeyEpochOffset] - (byte)_epoch));
        if (ahead is < -1 or > LinkParameters.EpochsAhead || _epoch + ahead < 0)
        {
            return LinkDrop.BadEpoch;
        }

        int place = PlaceOf(_epoch + ahead);
        Aead? aead = _aeads[place];
        if (aead is null)
        {
            return LinkDrop.BadEpoch;
        }

        uint counter = BinaryPrimitives.ReadUInt32BigEndian(datagram[WireLayout.CounterOffset..]);
        ReplayWindow window = _windows[place];
        LinkDrop drop = DropOf(window.Check(counter));
        if (drop != LinkDrop.None)
        {
            return drop;
        }

        if (!aead.TryOpen(counter, default, datagram[WireLayout.HeaderBytes..], plaintext))
        {
            return LinkDrop.BadTag;
        }

        isNewest = ahead > 0 || (ahead == 0 && counter >= window.Next);
        _ = window.Accept(counter);
        if (ahead > 0)
        {
            Advance(now, ahead);
        }

        return LinkDrop.None;
    }

    internal void EraseOld()
    {
        EraseOldAt = Instant.Never;
        Erase(PlaceOf(_epoch + RingEpochs - 1));
    }

    public void Dispose()
    {
        for (int place = 0; place < RingEpochs; place++)
        {
            Erase(place);
        }

        _chain.Dispose();
    }

    private void Advance(Instant now, int epochs)
    {
        for (int step = 0; step < epochs; step++)
        {
            // The place of the epoch before the current one is the place of the newest after the step.
            int place = PlaceOf(_epoch + RingEpochs - 1);
            Erase(place);
            _windows[place].Reset();
            _chain.Step();
            _aeads[place] = _chain.Current();
            _epoch++;
        }

        EraseOldAt = now + LinkParameters.OldEpochLifetime;
    }

    private void Erase(int place)
    {
        _aeads[place]?.Dispose();
        _aeads[place] = null;
    }

    private static int PlaceOf(long epoch) => (int)(epoch % RingEpochs);

    private static LinkDrop DropOf(ReplayCheck check) => check switch
    {
        ReplayCheck.Fresh => LinkDrop.None,
        ReplayCheck.Replayed => LinkDrop.Replayed,
        _ => LinkDrop.TooOld,
    };
}
