using System.Globalization;
using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Names a path (a circuit with its relays) inside one client.</summary>
public readonly record struct PathId(int Value)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"path {Value}");
}

/// <summary>A TCP connection at the exit of a path.</summary>
public readonly record struct StreamKey(PathId Path, StreamId Id);

/// <summary>A UDP association (RTP and RTCP port) at the exit of a path; the id is the even one.</summary>
public readonly record struct FlowKey(PathId Path, FlowId Id);

/// <summary>A question to the resolver at the exit of a path.</summary>
public readonly record struct QueryKey(PathId Path, ushort Request);
