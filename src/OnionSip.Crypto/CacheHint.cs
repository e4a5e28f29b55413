using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>Asks the processor to fetch memory that is needed soon; changes nothing else, and nothing where it is not known how.</summary>
/// <remarks>An object that the collector moves meanwhile costs a wrong guess, no more.</remarks>
public static unsafe class CacheHint
{
    private const int LineBytes = 64;

    /// <summary>The first bytes of an object, its fields in memory order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Object(object target, int bytes = LineBytes)
    {
        if (Sse.IsSupported)
        {
            byte* start = *(byte**)Unsafe.AsPointer(ref target);
            for (int offset = 0; offset < bytes; offset += LineBytes)
            {
                Sse.Prefetch0(start + offset);
            }
        }
    }

    /// <summary>A span of memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Memory(ReadOnlySpan<byte> memory)
    {
        if (Sse.IsSupported)
        {
            byte* start = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory));
            for (int offset = 0; offset < memory.Length; offset += LineBytes)
            {
                Sse.Prefetch0(start + offset);
            }
        }
    }
}
