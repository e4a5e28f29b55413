using System;
using System.Diagnostics.CodeAnalysis;

namespace OnionSip.Simulation;

/// <summary>A checker found what must never be. (SIM.CHECKERS)</summary>
public sealed class SimFailureException(string what) : Exception(what)
{
    public static void Require([DoesNotReturnIf(false)] bool condition, string what)
    {
        if (!condition)
        {
            throw new SimFailureException(what);
        }
    }
}
