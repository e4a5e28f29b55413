using System;

namespace OnionSip.Links;

/// <summary>Caller mistakes; never reached by what a peer sends.</summary>
internal static class Throw
{
    internal static void IfShorterThan(int needed, int length, string name)
    {
        if (length < needed)
        {
            TooShort(needed, name);
        }
    }

    internal static void IfLengthIsNot(int needed, int length, string name)
    {
        if (length != needed)
        {
            WrongLength(needed, name);
        }
    }

    private static void TooShort(int needed, string name) => throw new ArgumentException($"needs {needed} bytes", name);

    private static void WrongLength(int needed, string name) => throw new ArgumentException($"needs exactly {needed} bytes", name);
}
