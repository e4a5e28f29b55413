using System;

namespace OnionSip.Directory;

/// <summary>What a relay is willing to be. (DIRECTORY.DESCRIPTOR)</summary>
[Flags]
public enum RelayRoles : byte
{
    None = 0,
    Guard = 1,
    Middle = 2,
    Exit = 4,
}
