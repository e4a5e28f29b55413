using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>Which addresses belong to this machine alone. (SIP.GATEWAY.PHONES)</summary>
internal static class AddressScopes
{
    /// <summary>127.0.0.0/8 and ::1.</summary>
    public static bool IsLoopback(this IpAddress address) =>
        address.IsIPv4 ? (uint)(address.Value & uint.MaxValue) >> 24 == 127 : address.Value == 1;
}
