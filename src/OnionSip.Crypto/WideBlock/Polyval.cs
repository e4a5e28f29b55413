using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace OnionSip.Crypto;

/// <summary>POLYVAL on its own, by the code the cipher uses; for tests against the published rows. (CRYPTO.POLYVAL)</summary>
internal static class Polyval
{
    /// <summary>Hashes whole blocks by one path.</summary>
    public static void Compute(Hctr2Path path, ReadOnlySpan<byte> key16, ReadOnlySpan<byte> message, Span<byte> digest16)
    {
        digest16.Clear();
        if (message.IsEmpty)
        {
            return;
        }

        Hctr2State state = default;
        state.HashKeys.SetHashKey(Vector128.Create<byte>(key16).AsUInt64());
        if (path == Hctr2Path.Portable)
        {
            PortablePolyval hash = new(state.HashKey.GetElement(0), state.HashKey.GetElement(1));
            hash.Add(message, padWithOne: false);
            hash.XorInto(digest16);
            hash.Erase();
        }
        else
        {
            state.HashKeys.ExpandPowers();
            ref byte first = ref MemoryMarshal.GetReference(message);
            Vector128<ulong> lead = Vector128.LoadUnsafe(ref first).AsUInt64();
            HashVector(path, in state, lead, message[16..]).AsByte().CopyTo(digest16);
        }

        state.Erase();
    }

    private static Vector128<ulong> HashVector(
        Hctr2Path path, ref readonly Hctr2State state, Vector128<ulong> lead, ReadOnlySpan<byte> rest)
    {
        ref byte first = ref MemoryMarshal.GetReference(rest);
        return path switch
        {
            Hctr2Path.Vector512 => Hctr2Vector<PolyvalSum512>.Hash(in state, lead, ref first, rest.Length),
            Hctr2Path.Vector256 => Hctr2Vector<PolyvalSum256>.Hash(in state, lead, ref first, rest.Length),
            _ => Hctr2Vector<PolyvalSum128>.Hash(in state, lead, ref first, rest.Length),
        };
    }
}
