using System;
using System.Buffers.Binary;
using System.Security.Cryptography;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>The keys of one hop in one direction, moving one way every 4,096 slots. (CIRCUIT.RATCHET)</summary>
/// <remarks>
/// Shape:   key(n) = HKDF-Expand(chain(n), hop label), chain(n+1) = HKDF-Expand(chain(n), ratchet label).
/// Bounds:  two keys: the epoch of the highest slot, and the one before it while the window reaches into it.
/// Secrets: the chain, overwritten at each step; keys, erased when out of reach; everything by <see cref="Erase"/>.
/// </remarks>
internal sealed class LayerRatchet : IDisposable
{
    internal const int ChainBytes = 32;

    private readonly byte[] _chain = GC.AllocateArray<byte>(ChainBytes, pinned: true);
    private readonly LayerDirection _direction;
    private LayerCipher _current;
    private LayerCipher _previous;
    private long _epoch;
    private bool _hasPrevious;

    internal LayerRatchet(LayerDirection direction, LayerCipherFactory ciphers)
    {
        _direction = direction;
        _current = ciphers.Create();
        _previous = ciphers.Create();
    }

    internal long Epoch => _epoch;

    internal bool HasPrevious => _hasPrevious;

    internal ReadOnlySpan<byte> Chain => _chain;

    internal void Start(ReadOnlySpan<byte> chain)
    {
        chain.CopyTo(_chain);
        _epoch = 0;
        _hasPrevious = false;
        SetCurrentKey();
    }

    internal LayerCipher Current => _current;

    /// <summary>Brings the keys to the highest index accepted so far; never back.</summary>
    /// <returns>True when the current key is another one now.</returns>
    internal bool MoveTo(long highest)
    {
        bool hasMoved = false;
        while (_epoch < highest / CircuitLimits.EpochSlots)
        {
            Step();
            hasMoved = true;
        }

        if (_hasPrevious && highest - (_epoch * CircuitLimits.EpochSlots) >= CircuitLimits.WindowSlots - 1)
        {
            _previous.Erase();
            _hasPrevious = false;
        }

        return hasMoved;
    }

    internal void Encrypt(long index, Slot slot, Span<byte> cell)
    {
        Span<byte> tweak = stackalloc byte[LayerCipher.TweakBytes];
        WriteTweak(_direction, slot, tweak);
        For(index).Encrypt(tweak, cell);
    }

    internal void Decrypt(long index, Slot slot, Span<byte> cell)
    {
        Span<byte> tweak = stackalloc byte[LayerCipher.TweakBytes];
        WriteTweak(_direction, slot, tweak);
        For(index).Decrypt(tweak, cell);
    }

    internal void Erase()
    {
        CryptographicOperations.ZeroMemory(_chain);
        _current.Erase();
        _previous.Erase();
        _hasPrevious = false;
    }

    public void Dispose()
    {
        Erase();
        _current.Dispose();
        _previous.Dispose();
    }

    internal static void WriteTweak(LayerDirection direction, Slot slot, Span<byte> tweak)
    {
        tweak[..4].Clear();
        tweak[0] = (byte)direction;
        BinaryPrimitives.WriteUInt32BigEndian(tweak[4..], slot.Value);
    }

    private LayerCipher For(long index)
    {
        long epoch = index / CircuitLimits.EpochSlots;
        if (epoch == _epoch)
        {
            return _current;
        }

        Invariant.Require(_hasPrevious && epoch == _epoch - 1, "a slot outside the window reached a cipher");
        return _previous;
    }

    private void Step()
    {
        Span<byte> next = stackalloc byte[ChainBytes];
        Hkdf.ExpandLabel(_chain, Labels.HopRatchet, [], next);
        next.CopyTo(_chain);
        CryptographicOperations.ZeroMemory(next);
        (_current, _previous) = (_previous, _current);
        _hasPrevious = true;
        _epoch++;
        SetCurrentKey();
    }

    private void SetCurrentKey()
    {
        Span<byte> key = stackalloc byte[LayerCipher.KeyBytes];
        bool isForward = _direction == LayerDirection.Forward;
        ReadOnlySpan<byte> label = isForward ? Labels.HopForwardKeys : Labels.HopBackwardKeys;
        Hkdf.ExpandLabel(_chain, label, [], key);
        _current.SetKey(key);
        CryptographicOperations.ZeroMemory(key);
    }
}
