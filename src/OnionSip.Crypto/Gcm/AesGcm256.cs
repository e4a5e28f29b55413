using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>AES-256-GCM over native key memory: picks the path and the code for the lengths. (CRYPTO.AEAD-PATHS)</summary>
/// <remarks>
/// Bounds:  lengths and overlaps are the caller's to check; the key memory holds <see cref="StateBytes"/> and is aligned to 16.
/// Secrets: the expanded key, in its owner's memory.
/// </remarks>
internal static unsafe class AesGcm256
{
    /// <summary>What an expanded key takes on any path.</summary>
    internal static int StateBytes => Math.Max(SodiumLibrary.AesGcmStateBytes, sizeof(GcmState));

    internal static GcmPath BestPath =>
        IsSupported(GcmPath.Vector256) ? GcmPath.Vector256
        : IsSupported(GcmPath.Vector128) ? GcmPath.Vector128
        : GcmPath.Sodium;

    /// <summary>Our own paths are offered on x86 only, where they were proven.</summary>
    internal static bool IsSupported(GcmPath path) => path switch
    {
        GcmPath.Vector256 => IsSupported(GcmPath.Vector128) && Pclmulqdq.V256.IsSupported && Avx2.IsSupported,
        GcmPath.Vector128 => Aes.IsSupported && Pclmulqdq.IsSupported && Ssse3.IsSupported,
        GcmPath.Sodium => Sodium.AesGcmIsAvailable() != 0,
        _ => false,
    };

    internal static void ExpandKey(GcmPath path, ReadOnlySpan<byte> key32, byte* state)
    {
        if (path != GcmPath.Sodium)
        {
            ((GcmState*)state)->SetKey(key32);
            return;
        }

        fixed (byte* source = key32)
        {
            _ = Sodium.AesGcmExpandKey(state, source);
        }
    }

    internal static void Seal(
        GcmPath path, byte* key, Vector128<byte> nonce,
        ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        ref readonly GcmState state = ref *(GcmState*)key;
        bool isCell = plaintext.Length == GcmBlocks.CellBytes && associated.IsEmpty;
        ref byte text = ref MemoryMarshal.GetReference(plaintext);
        ref byte result = ref MemoryMarshal.GetReference(destination);
        switch (path)
        {
            case GcmPath.Vector256 when isCell:
                GcmCell<PolyvalSum256>.Seal(in state, nonce, ref text, ref result);
                break;
            case GcmPath.Vector128 when isCell:
                GcmCell<PolyvalSum128>.Seal(in state, nonce, ref text, ref result);
                break;
            case GcmPath.Vector256:
                GcmText<PolyvalSum256>.Seal(in state, nonce, associated, plaintext, destination);
                break;
            case GcmPath.Vector128:
                GcmText<PolyvalSum128>.Seal(in state, nonce, associated, plaintext, destination);
                break;
            default:
                SealBySodium(key, nonce, associated, plaintext, destination);
                break;
        }
    }

    internal static bool TryOpen(
        GcmPath path, byte* key, Vector128<byte> nonce,
        ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> destination)
    {
        ref readonly GcmState state = ref *(GcmState*)key;
        bool isCell = destination.Length == GcmBlocks.CellBytes && associated.IsEmpty;
        ref byte source = ref MemoryMarshal.GetReference(sealedBytes);
        ref byte text = ref MemoryMarshal.GetReference(destination);
        return path switch
        {
            GcmPath.Vector256 when isCell => GcmCell<PolyvalSum256>.TryOpen(in state, nonce, ref source, ref text),
            GcmPath.Vector128 when isCell => GcmCell<PolyvalSum128>.TryOpen(in state, nonce, ref source, ref text),
            GcmPath.Vector256 => GcmText<PolyvalSum256>.TryOpen(in state, nonce, associated, sealedBytes, destination),
            GcmPath.Vector128 => GcmText<PolyvalSum128>.TryOpen(in state, nonce, associated, sealedBytes, destination),
            _ => TryOpenBySodium(key, nonce, associated, sealedBytes, destination),
        };
    }

    private static void SealBySodium(
        byte* key, Vector128<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        fixed (byte* text = plaintext, result = destination, extra = associated)
        {
            _ = Sodium.AesGcmSeal(
                result, null, text, (ulong)plaintext.Length, extra, (ulong)associated.Length, null, (byte*)&nonce, key);
        }
    }

    private static bool TryOpenBySodium(
        byte* key, Vector128<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedBytes, Span<byte> destination)
    {
        fixed (byte* source = sealedBytes, text = destination, extra = associated)
        {
            return Sodium.AesGcmOpen(
                text, null, null, source, (ulong)sealedBytes.Length, extra, (ulong)associated.Length, (byte*)&nonce, key) == 0;
        }
    }
}
