using System;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>
/// The order in which an exit judges an endpoint: forbidden addresses, amplifier ports, the operator's policy.
/// (EXIT.ORDER)
/// </summary>
public sealed class ExitRules(ForbiddenAddresses forbidden, ExitPolicy policy)
{
    /// <summary>UDP services that answer with more than they were asked. (EXIT.AMPLIFIERS)</summary>
    private static readonly ushort[] s_amplifierPorts =
    [
        7, 13, 17, 19, 53, 69, 111, 123, 137, 138, 161, 389, 427, 520, 623, 1434, 1604, 1900, 3283, 3389, 3702, 5093,
        5351, 5353, 5683, 11211,
    ];

    public ExitPolicy Policy => policy;

    /// <summary>Judges one endpoint by address; a name is judged by every address it leads to. (EXIT.ORDER)</summary>
    public ExitVerdict Check(ExitTransport transport, in PeerAddress endpoint)
    {
        if (forbidden.Contains(endpoint.Address))
        {
            return ExitVerdict.ForbiddenAddress;
        }

        if (endpoint.Port == 0)
        {
            return ExitVerdict.BadPort;
        }

        if (transport == ExitTransport.Udp && Array.BinarySearch(s_amplifierPorts, endpoint.Port) >= 0)
        {
            return ExitVerdict.AmplifierPort;
        }

        return policy.Accepts(transport, in endpoint) ? ExitVerdict.Allowed : ExitVerdict.Policy;
    }
}
