using System;
using System.Buffers.Binary;

namespace OnionSip.Crypto;

/// <summary>One direction's packet key: seals and opens by counter. (CRYPTO.AEAD)</summary>
/// <remarks>
/// Shape:   sealed = ciphertext, then a tag of 16 bytes. Nonce = 4 zero bytes, then the counter: 8 bytes, big-endian for AES-256-GCM,
///          little-endian for ChaCha20-Poly1305, as in Noise §12.
/// Bounds:  nothing is allocated per call. A counter must never be used twice for sealing under one key: the owner counts.
/// Throws:  ArgumentException for wrong destination lengths or buffers that overlap without being the same.
/// Secrets: the (expanded) key, in native memory, zeroed on Dispose.
/// </remarks>
public sealed unsafe class Aead : IDisposable
{
    public const int KeyBytes = 32;
    public const int TagBytes = 16;
    public const int NonceBytes = 12;

    private const int CounterOffset = 4;

    private readonly AeadSuite _suite;
    private readonly SecretBuffer _key;

    /// <exception cref="PlatformNotSupportedException">This processor cannot run the suite; ask <see cref="IsSupported"/>
    /// first.</exception>
    public Aead(AeadSuite suite, ReadOnlySpan<byte> key)
    {
        Throw.IfLengthIsNot(KeyBytes, key.Length, nameof(key));
        if (!IsSupported(suite))
        {
            throw new PlatformNotSupportedException("no hardware for " + suite);
        }

        _suite = suite;
        if (suite == AeadSuite.ChaCha20Poly1305)
        {
            _key = new SecretBuffer(KeyBytes);
            key.CopyTo(_key.Span);
            return;
        }

        _key = new SecretBuffer(SodiumLibrary.AesGcmStateBytes);
        fixed (byte* source = key)
        {
            _ = Sodium.AesGcmExpandKey(_key.Pointer, source);
        }
    }

    public AeadSuite Suite => _suite;

    /// <summary>AES-256-GCM only where the processor has it (never in table look-ups); ChaCha20-Poly1305 everywhere.</summary>
    public static bool IsSupported(AeadSuite suite) => suite switch
    {
        AeadSuite.Aes256Gcm => Sodium.AesGcmIsAvailable() != 0,
        AeadSuite.ChaCha20Poly1305 => true,
        _ => false,
    };

    /// <summary>Writes ciphertext and tag; the destination is exactly 16 bytes longer and may start where the plaintext starts.</summary>
    public void Seal(ulong counter, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        WriteNonce(counter, nonce);
        Seal(nonce, associated, plaintext, destination);
    }

    /// <summary>
    /// Checks the tag and writes the plaintext; false for anything forged or too short, and the destination then holds no plaintext
    /// (opening in place loses the input). The destination is exactly 16 bytes shorter.
    /// </summary>
    public bool TryOpen(ulong counter, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> destination)
    {
        Span<byte> nonce = stackalloc byte[NonceBytes];
        WriteNonce(counter, nonce);
        return TryOpen(nonce, associated, sealedBytes, destination);
    }

    /// <summary>The same under a whole nonce: for published vectors.</summary>
    internal void Seal(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Throw.IfLengthIsNot(NonceBytes, nonce.Length, nameof(nonce));
        Throw.IfLengthIsNot(plaintext.Length + TagBytes, destination.Length, nameof(destination));
        RequireSameOrApart(plaintext, destination);
        fixed (byte* text = plaintext, result = destination, extra = associated, number = nonce)
        {
            _ = _suite == AeadSuite.Aes256Gcm
                ? Sodium.AesGcmSeal(
                    result, null, text, (ulong)plaintext.Length, extra, (ulong)associated.Length, null, number, _key.Pointer)
                : Sodium.ChaChaPolySeal(
                    result, null, text, (ulong)plaintext.Length, extra, (ulong)associated.Length, null, number, _key.Pointer);
        }

        GC.KeepAlive(this);
    }

    /// <summary>The same under a whole nonce: for published vectors.</summary>
    internal bool TryOpen(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> destination)
    {
        Throw.IfLengthIsNot(NonceBytes, nonce.Length, nameof(nonce));
        if (sealedBytes.Length < TagBytes)
        {
            return false;
        }

        Throw.IfLengthIsNot(sealedBytes.Length - TagBytes, destination.Length, nameof(destination));
        RequireSameOrApart(sealedBytes, destination);
        int result;
        fixed (byte* source = sealedBytes, text = destination, extra = associated, number = nonce)
        {
            result = _suite == AeadSuite.Aes256Gcm
                ? Sodium.AesGcmOpen(
                    text, null, null, source, (ulong)sealedBytes.Length, extra, (ulong)associated.Length, number, _key.Pointer)
                : Sodium.ChaChaPolyOpen(
                    text, null, null, source, (ulong)sealedBytes.Length, extra, (ulong)associated.Length, number, _key.Pointer);
        }

        GC.KeepAlive(this);
        return result == 0;
    }

    public void Dispose() => _key.Dispose();

    private void WriteNonce(ulong counter, Span<byte> nonce)
    {
        nonce[..CounterOffset].Clear();
        if (_suite == AeadSuite.Aes256Gcm)
        {
            BinaryPrimitives.WriteUInt64BigEndian(nonce[CounterOffset..], counter);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(nonce[CounterOffset..], counter);
        }
    }

    private static void RequireSameOrApart(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Overlaps(destination, out int offset) && offset != 0)
        {
            Throw.Overlap();
        }
    }
}
