using System;
using System.Runtime.CompilerServices;

namespace OnionSip.Machines;

/// <summary>Counts every refusal by its reason. (MACHINE.DROPS)</summary>
/// <remarks>
/// Shape: the reason is an enum whose members are 0..n-1 without gaps, <c>None = 0</c> first, n at most <see cref="Capacity"/>.
/// Counting allocates nothing and never logs.
/// </remarks>
public sealed class DropCounters<TReason>
    where TReason : unmanaged, Enum
{
    /// <summary>The largest number of reasons one machine may have.</summary>
    public const int Capacity = 64;

    private readonly long[] _counts = new long[Capacity];

    /// <summary>Counts <paramref name="reason"/> and hands it back, so that a refusal reads <c>return _drops.Count(…)</c>.</summary>
    public TReason Count(TReason reason)
    {
        _counts[Index(reason)]++;
        return reason;
    }

    public long this[TReason reason] => _counts[Index(reason)];

    /// <summary>All refusals; the count of <c>None</c> is left out.</summary>
    public long Total
    {
        get
        {
            long total = 0;
            for (int index = 1; index < Capacity; index++)
            {
                total += _counts[index];
            }

            return total;
        }
    }

    private static int Index(TReason reason) => Unsafe.SizeOf<TReason>() switch
    {
        1 => Unsafe.BitCast<TReason, byte>(reason),
        2 => Unsafe.BitCast<TReason, ushort>(reason),
        _ => Unsafe.BitCast<TReason, int>(reason),
    };
}
