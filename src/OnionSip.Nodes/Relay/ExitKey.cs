using OnionSip.Wire;

namespace OnionSip.Nodes;

/// <summary>Names one stream, association or query of one circuit at an exit; never on the wire. (NODE.EXIT)</summary>
/// <param name="Circuit">The circuit's place in the relay's table with its generation.</param>
/// <param name="Id">The stream id, the even flow id, or the query's request number.</param>
public readonly record struct ExitKey(long Circuit, ushort Id)
{
    public override string ToString() => "[exit]";
}
