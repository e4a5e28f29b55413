using System.Collections.Generic;
using OnionSip.Directory;

namespace OnionSip.Paths;

/// <summary>The relays of one circuit in order, guard first. (PATH.SHAPE)</summary>
public sealed record RelayPath(RelayDescriptor Guard, RelayDescriptor Middle, RelayDescriptor Exit)
{
    public IReadOnlyList<RelayDescriptor> Hops => [Guard, Middle, Exit];
}
