using OnionSip.Machines;

namespace OnionSip.Hosting.Configuration;

/// <summary>Tells addresses of a public network from all others. (HOST.TEST-NETWORK)</summary>
public static class AddressScope
{
    private static readonly (string Prefix, int Bits)[] s_notPublic =
    [
        ("0.0.0.0", 8), ("10.0.0.0", 8), ("100.64.0.0", 10), ("127.0.0.0", 8), ("169.254.0.0", 16), ("172.16.0.0", 12),
        ("192.0.0.0", 24), ("192.0.2.0", 24), ("192.168.0.0", 16), ("198.18.0.0", 15), ("198.51.100.0", 24), ("203.0.113.0", 24),
        ("224.0.0.0", 3), ("::", 127), ("fc00::", 7), ("fe80::", 10), ("ff00::", 8), ("2001:db8::", 32),
    ];

    public static bool IsPublic(IpAddress address)
    {
        foreach ((string prefix, int bits) in s_notPublic)
        {
            _ = IpAddress.TryParse(prefix, out IpAddress network);
            int ignored = network.IsIPv4 ? 32 - bits : 128 - bits;
            if (network.IsIPv4 == address.IsIPv4 && network.Value >> ignored == address.Value >> ignored)
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsLoopback(IpAddress address) =>
        address.IsIPv4 ? (uint)(address.Value & uint.MaxValue) >> 24 == 127 : address.Value == 1;

    public static bool IsAny(IpAddress address) =>
        address.IsIPv4 ? (uint)(address.Value & uint.MaxValue) == 0 : address.Value == 0;
}
