namespace OnionSip.Circuits;

/// <summary>Names a circuit inside one relay; never on the wire. A handle of a gone circuit matches nothing.</summary>
public readonly record struct CircuitHandle(int Index, uint Generation)
{
    public override string ToString() => "[circuit]";
}
