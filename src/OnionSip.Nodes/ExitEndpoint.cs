namespace OnionSip.Nodes;

/// <summary>The endpoint in front of a datagram on a flow. (WIRE.ENDPOINT)</summary>
internal static class ExitEndpoint
{
    /// <summary>Family, IPv6 address, port.</summary>
    public const int MaxBytes = 1 + 16 + 2;
}
