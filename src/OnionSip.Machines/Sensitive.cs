namespace OnionSip.Machines;

/// <summary>A value that identifies somebody; prints redacted. (MACHINE.REDACTION)</summary>
public readonly record struct Sensitive<T>(T Value)
{
    public override string ToString() => "[redacted]";
}
