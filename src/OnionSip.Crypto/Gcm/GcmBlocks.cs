using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>The blocks AES-GCM makes beside the text: counters and lengths. (CRYPTO.AEAD-PATHS)</summary>
/// <remarks>Source: NIST SP 800-38D §7.1, for nonces of 96 bits.</remarks>
internal static class GcmBlocks
{
    public const int BlockBytes = 16;
    public const int CellBytes = 256;
    public const int CellBlocks = CellBytes / BlockBytes;

    /// <summary>The number of the block whose cipher hides the tag; the text's blocks follow it.</summary>
    public const uint TagCounter = 1;

    /// <summary>The nonce of a packet counter: zeros(4) ‖ BE64, then four zero octets where the block number goes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Nonce(ulong counter)
    {
        ulong reversed = BinaryPrimitives.ReverseEndianness(counter);
        return Vector128.Create(reversed << 32, reversed >> 32).AsByte();
    }

    /// <summary>Puts a block number below 256, which is what a constant can be, into a block that has none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Counter(Vector128<byte> block, uint number) =>
        block ^ Vector128.Create(0u, 0u, 0u, number << 24).AsByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Reverse(Vector128<byte> block) => VectorLanes.Pick(
        block, Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));

    /// <summary>The last hashed block, reversed: both lengths in bits.</summary>
    public static Vector128<ulong> Lengths(int associatedBytes, int textBytes) =>
        Vector128.Create((ulong)textBytes * 8, (ulong)associatedBytes * 8);
}
