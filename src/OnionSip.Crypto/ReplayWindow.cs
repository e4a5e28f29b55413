using System;

namespace OnionSip.Crypto;

/// <summary>Lets each counter through once. (CRYPTO.REPLAY)</summary>
/// <remarks>
/// Shape:  a ring of 16 words of 64 bits, RFC 6479: moving forward clears whole words, never shifts.
/// Bounds: 1,024 bits, of which the newest <see cref="WindowCounters"/> counters are always covered; nothing is allocated after
///         construction.
/// Use:    <see cref="Check"/> before the tag is verified, <see cref="Accept"/> after: only authentic counters move the window.
/// </remarks>
public sealed class ReplayWindow
{
    public const int BitmapBits = 1024;

    /// <summary>How far behind the newest counter one may come: all words but the one being filled.</summary>
    public const int WindowCounters = BitmapBits - WordBits;

    private const int WordBits = 64;
    private const int WordShift = 6;
    private const int Words = BitmapBits / WordBits;

    private readonly ulong[] _bitmap = new ulong[Words];
    private readonly ulong _maxForward;
    private ulong _next;

    /// <param name="maxForward">How far past the next expected counter one may jump; unlimited unless said.</param>
    public ReplayWindow(ulong maxForward = ulong.MaxValue) => _maxForward = maxForward;

    /// <summary>One more than the highest accepted counter; 0 before the first.</summary>
    public ulong Next => _next;

    /// <summary>Says whether the counter may pass; changes nothing.</summary>
    public ReplayCheck Check(ulong counter)
    {
        if (counter >= _next)
        {
            // The last counter of all is kept back (Noise §5.1), which also keeps _next from wrapping.
            return counter == ulong.MaxValue || counter - _next > _maxForward ? ReplayCheck.TooFar : ReplayCheck.Fresh;
        }

        if (_next - counter > WindowCounters)
        {
            return ReplayCheck.TooOld;
        }

        return (_bitmap[WordOf(counter)] & BitOf(counter)) != 0 ? ReplayCheck.Replayed : ReplayCheck.Fresh;
    }

    /// <summary>
    /// Marks a counter as seen and moves the window; returns what <see cref="Check"/> says of it, and acts only on Fresh.
    /// </summary>
    public ReplayCheck Accept(ulong counter)
    {
        ReplayCheck verdict = Check(counter);
        if (verdict != ReplayCheck.Fresh)
        {
            return verdict;
        }

        if (counter >= _next)
        {
            MoveTo(counter);
        }

        _bitmap[WordOf(counter)] |= BitOf(counter);
        return ReplayCheck.Fresh;
    }

    /// <summary>Forgets everything: a new key counts from 0.</summary>
    public void Reset()
    {
        Array.Clear(_bitmap);
        _next = 0;
    }

    private void MoveTo(ulong counter)
    {
        ulong newestWord = _next == 0 ? 0 : (_next - 1) >> WordShift;
        ulong steps = Math.Min((counter >> WordShift) - newestWord, Words);
        for (ulong step = 1; step <= steps; step++)
        {
            _bitmap[(int)((newestWord + step) % Words)] = 0;
        }

        _next = counter + 1;
    }

    private static int WordOf(ulong counter) => (int)((counter >> WordShift) % Words);

    private static ulong BitOf(ulong counter) => 1UL << (int)(counter % WordBits);
}
