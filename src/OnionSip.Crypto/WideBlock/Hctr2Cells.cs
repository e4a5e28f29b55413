using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>
/// HCTR2 over several cells at once, each under its own key and tweak: while one is finished the next is begun. (CRYPTO.HCTR2-PATHS)
/// </summary>
/// <remarks>
/// Shape:   cell k is 248 octets of the buffer from offset k on, under cipher k and octets 8k to 8k+7 of the tweaks. A cipher may stand
///          there more than once; cells lie apart.
/// Bounds:  any number of cells; nothing is allocated. The result is that of one call for each cell.
/// Throws:  ArgumentException and ObjectDisposedException for caller mistakes only, before anything is changed.
/// </remarks>
public static class Hctr2Cells
{
    public static void Encrypt(
        ReadOnlySpan<Hctr2> ciphers, ReadOnlySpan<byte> tweaks, Span<byte> buffer, ReadOnlySpan<int> offsets)
    {
        switch (RequirePath(ciphers, tweaks, buffer, offsets))
        {
            case Hctr2Path.Vector512:
                Process<PolyvalSum512, Hctr2Enciphering>(ciphers, tweaks, buffer, offsets);
                break;
            case Hctr2Path.Vector256:
                Process<PolyvalSum256, Hctr2Enciphering>(ciphers, tweaks, buffer, offsets);
                break;
            case Hctr2Path.Vector128:
                Process<PolyvalSum128, Hctr2Enciphering>(ciphers, tweaks, buffer, offsets);
                break;
            default:
                for (int cell = 0; cell < offsets.Length; cell++)
                {
                    ciphers[cell].Encrypt(TweakAt(tweaks, cell), buffer.Slice(offsets[cell], Hctr2.CellBytes));
                }

                break;
        }
    }

    public static void Decrypt(
        ReadOnlySpan<Hctr2> ciphers, ReadOnlySpan<byte> tweaks, Span<byte> buffer, ReadOnlySpan<int> offsets)
    {
        switch (RequirePath(ciphers, tweaks, buffer, offsets))
        {
            case Hctr2Path.Vector512:
                Process<PolyvalSum512, Hctr2Deciphering>(ciphers, tweaks, buffer, offsets);
                break;
            case Hctr2Path.Vector256:
                Process<PolyvalSum256, Hctr2Deciphering>(ciphers, tweaks, buffer, offsets);
                break;
            case Hctr2Path.Vector128:
                Process<PolyvalSum128, Hctr2Deciphering>(ciphers, tweaks, buffer, offsets);
                break;
            default:
                for (int cell = 0; cell < offsets.Length; cell++)
                {
                    ciphers[cell].Decrypt(TweakAt(tweaks, cell), buffer.Slice(offsets[cell], Hctr2.CellBytes));
                }

                break;
        }
    }

    private static void Process<TSum, TDirection>(
        ReadOnlySpan<Hctr2> ciphers, ReadOnlySpan<byte> tweaks, Span<byte> buffer, ReadOnlySpan<int> offsets)
        where TSum : struct, IPolyvalSum
        where TDirection : struct, IHctr2Direction
    {
        if (offsets.IsEmpty)
        {
            return;
        }

        ref byte start = ref MemoryMarshal.GetReference(buffer);
        ref byte cell = ref Unsafe.Add(ref start, offsets[0]);
        ref readonly Hctr2State state = ref ciphers[0].State;
        Hctr2Cell<TSum, TDirection>.StartFirst(in state, WordAt(tweaks, 0), ref cell, out Hctr2Middle middle);
        for (int next = 1; next < offsets.Length; next++)
        {
            ref byte nextCell = ref Unsafe.Add(ref start, offsets[next]);
            ref readonly Hctr2State nextState = ref ciphers[next].State;
            Hctr2Cell<TSum, TDirection>.FinishAndStart(
                in state, ref middle, ref cell, in nextState, WordAt(tweaks, next), ref nextCell);
            state = ref nextState;
            cell = ref nextCell;
        }

        Hctr2Cell<TSum, TDirection>.FinishLast(in state, in middle, ref cell);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(new Span<Hctr2Middle>(ref middle)));
    }

    private static ReadOnlySpan<byte> TweakAt(ReadOnlySpan<byte> tweaks, int cell) =>
        tweaks.Slice(cell * Hctr2.CellTweakBytes, Hctr2.CellTweakBytes);

    private static ulong WordAt(ReadOnlySpan<byte> tweaks, int cell) => MemoryMarshal.Read<ulong>(TweakAt(tweaks, cell));

    /// <summary>Checks everything the loop relies on; the path that all ciphers share, else the portable one, which works alone.</summary>
    private static Hctr2Path RequirePath(
        ReadOnlySpan<Hctr2> ciphers, ReadOnlySpan<byte> tweaks, Span<byte> buffer, ReadOnlySpan<int> offsets)
    {
        if (ciphers.Length != offsets.Length || tweaks.Length != offsets.Length * Hctr2.CellTweakBytes)
        {
            throw new ArgumentException("there must be a cipher, a tweak and an offset for each cell", nameof(offsets));
        }

        Hctr2Path path = ciphers.IsEmpty ? Hctr2Path.Portable : ciphers[0].Path;
        int before = int.MinValue / 2;
        for (int cell = 0; cell < offsets.Length; cell++)
        {
            ObjectDisposedException.ThrowIf(!ciphers[cell].HasKey, ciphers[cell]);
            path = ciphers[cell].Path == path ? path : Hctr2Path.Portable;
            int offset = offsets[cell];

            // Only neighbours are in flight together, so only they can disturb each other.
            if (offset < 0 || offset > buffer.Length - Hctr2.CellBytes || Distance(offset, before) < Hctr2.CellBytes)
            {
                throw new ArgumentException("cells must lie in the buffer and apart", nameof(offsets));
            }

            before = offset;
        }

        return path;
    }

    private static long Distance(int a, int b) => Math.Abs((long)a - b);
}
