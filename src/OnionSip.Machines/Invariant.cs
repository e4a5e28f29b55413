using System;
using System.Diagnostics.CodeAnalysis;

namespace OnionSip.Machines;

/// <summary>Always-on checks at state-changing edges: a failure is a bug of ours, never a peer's doing. (MACHINE.INVARIANT)</summary>
public static class Invariant
{
    public static void Require([DoesNotReturnIf(false)] bool condition, string what)
    {
        if (!condition)
        {
            throw new InvariantException(what);
        }
    }
}

/// <summary>An impossible state was reached.</summary>
public sealed class InvariantException(string what) : Exception("invariant broken: " + what);
