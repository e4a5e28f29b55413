using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>One direction's packet key: seals and opens by counter. (CRYPTO.AEAD, CRYPTO.AEAD-PATHS)</summary>
/// <remarks>
/// Shape:   sealed = ciphertext, then a tag of 16 bytes. Nonce = 4 zero bytes, then the counter: 8 bytes, big-endian for AES-256-GCM,
///          little-endian for ChaCha20-Poly1305, as in Noise §12. Sealing and opening where the source starts costs what it costs apart.
/// Bounds:  nothing is allocated per call. A counter must never be used twice for sealing under one key: the owner counts.
/// Throws:  ArgumentException for wrong destination lengths or buffers that overlap without being the same.
/// Secrets: the (expanded) key, in native memory, zeroed on Dispose.
/// </remarks>
public sealed unsafe class Aead : IDisposable
{
    public const int KeyBytes = 32;
    public const int TagBytes = 16;
    public const int NonceBytes = 12;

    private readonly AeadSuite _suite;
    private readonly GcmPath _path;
    private readonly SecretBuffer _key;

    /// <exception cref="PlatformNotSupportedException">This processor cannot run the suite; ask <see cref="IsSupported"/>
    /// first.</exception>
    public Aead(AeadSuite suite, ReadOnlySpan<byte> key)
        : this(suite, key, AesGcm256.BestPath)
    {
    }

    /// <summary>The same by a chosen path of AES-256-GCM; the other suite has one only. (CRYPTO.AEAD-PATHS)</summary>
    /// <exception cref="PlatformNotSupportedException">This processor cannot run the suite, or not by this path.</exception>
    public Aead(AeadSuite suite, ReadOnlySpan<byte> key, GcmPath path)
    {
        Throw.IfLengthIsNot(KeyBytes, key.Length, nameof(key));
        if (suite != AeadSuite.ChaCha20Poly1305 && (suite != AeadSuite.Aes256Gcm || !AesGcm256.IsSupported(path)))
        {
            throw new PlatformNotSupportedException("no hardware for " + suite);
        }

        _suite = suite;
        _path = path;
        if (suite == AeadSuite.ChaCha20Poly1305)
        {
            _key = new SecretBuffer(KeyBytes);
            key.CopyTo(_key.Span);
            return;
        }

        _key = new SecretBuffer(AesGcm256.StateBytes);
        AesGcm256.ExpandKey(path, key, _key.Pointer);
    }

    public AeadSuite Suite => _suite;

    /// <summary>AES-256-GCM only where the processor has it (never in table look-ups); ChaCha20-Poly1305 everywhere.</summary>
    public static bool IsSupported(AeadSuite suite) => suite switch
    {
        AeadSuite.Aes256Gcm => AesGcm256.IsSupported(AesGcm256.BestPath),
        AeadSuite.ChaCha20Poly1305 => true,
        _ => false,
    };

    /// <summary>Writes ciphertext and tag; the destination is exactly 16 bytes longer and may start where the plaintext starts.</summary>
    public void Seal(ulong counter, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination) =>
        Seal(NonceOf(counter), associated, plaintext, destination);

    /// <summary>
    /// Checks the tag and writes the plaintext; false for anything forged or too short, and the destination then holds no plaintext
    /// (opening in place may lose the input). The destination is exactly 16 bytes shorter.
    /// </summary>
    public bool TryOpen(ulong counter, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> destination) =>
        TryOpen(NonceOf(counter), associated, sealedBytes, destination);

    /// <summary>The same under a whole nonce: for published vectors.</summary>
    internal void Seal(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination) =>
        Seal(NonceOf(nonce), associated, plaintext, destination);

    /// <summary>The same under a whole nonce: for published vectors.</summary>
    internal bool TryOpen(
        ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> destination) =>
        TryOpen(NonceOf(nonce), associated, sealedBytes, destination);

    public void Dispose() => _key.Dispose();

    private void Seal(
        Vector128<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Throw.IfLengthIsNot(plaintext.Length + TagBytes, destination.Length, nameof(destination));
        RequireSameOrApart(plaintext, destination);
        if (_suite == AeadSuite.Aes256Gcm)
        {
            AesGcm256.Seal(_path, _key.Pointer, nonce, associated, plaintext, destination);
        }
        else
        {
            fixed (byte* text = plaintext, result = destination, extra = associated)
            {
                _ = Sodium.ChaChaPolySeal(
                    result, null, text, (ulong)plaintext.Length, extra, (ulong)associated.Length, null, (byte*)&nonce, _key.Pointer);
            }
        }

        GC.KeepAlive(this);
    }

    private bool TryOpen(
        Vector128<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> destination)
    {
        if (sealedBytes.Length < TagBytes)
        {
            return false;
        }

        Throw.IfLengthIsNot(sealedBytes.Length - TagBytes, destination.Length, nameof(destination));
        RequireSameOrApart(sealedBytes, destination);
        bool isOpened;
        if (_suite == AeadSuite.Aes256Gcm)
        {
            isOpened = AesGcm256.TryOpen(_path, _key.Pointer, nonce, associated, sealedBytes, destination);
        }
        else
        {
            fixed (byte* source = sealedBytes, text = destination, extra = associated)
            {
                isOpened = Sodium.ChaChaPolyOpen(
                    text, null, null, source, (ulong)sealedBytes.Length, extra, (ulong)associated.Length,
                    (byte*)&nonce, _key.Pointer) == 0;
            }
        }

        GC.KeepAlive(this);
        return isOpened;
    }

    /// <summary>The nonce of a counter; the last four bytes are no part of it.</summary>
    private Vector128<byte> NonceOf(ulong counter) => _suite == AeadSuite.Aes256Gcm
        ? GcmBlocks.Nonce(counter)
        : Vector128.Create(counter << 32, counter >> 32).AsByte();

    private static Vector128<byte> NonceOf(ReadOnlySpan<byte> nonce)
    {
        Throw.IfLengthIsNot(NonceBytes, nonce.Length, nameof(nonce));
        Vector128<byte> block = Vector128<byte>.Zero;
        nonce.CopyTo(MemoryMarshal.AsBytes(new Span<Vector128<byte>>(ref block)));
        return block;
    }

    private static void RequireSameOrApart(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (source.Overlaps(destination, out int offset) && offset != 0)
        {
            Throw.Overlap();
        }
    }
}
