using System;
using System.Diagnostics.CodeAnalysis;

namespace OnionSip.Crypto;

/// <summary>Caller mistakes, kept out of line so that the checks inline. Never reached by a peer's bytes.</summary>
internal static class Throw
{
    internal static void IfLengthIsNot(int expected, int actual, string name)
    {
        if (expected != actual)
        {
            WrongLength(expected, name);
        }
    }

    internal static void IfShorterThan(int least, int actual, string name)
    {
        if (actual < least)
        {
            TooShort(least, name);
        }
    }

    [DoesNotReturn]
    internal static void Overlap() => throw new ArgumentException("buffers may be the same or apart, not shifted");

    [DoesNotReturn]
    private static void WrongLength(int expected, string name) => throw new ArgumentException($"must be {expected} bytes", name);

    [DoesNotReturn]
    private static void TooShort(int least, string name) => throw new ArgumentException($"must be at least {least} bytes", name);
}
