using System;

namespace OnionSip.Hosting.Loops;

/// <summary>What a registered descriptor waits for, or is ready for.</summary>
[Flags]
public enum Interest
{
    None = 0,
    Read = 1,
    Write = 2,
}
