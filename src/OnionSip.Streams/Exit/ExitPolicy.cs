using System;
using System.Collections.Generic;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>
/// What an operator lets clients reach: rules in order, the first that matches decides, none rejects. (EXIT.POLICY)
/// </summary>
/// <remarks>An IPv6 address that carries an IPv4 address must be accepted in both forms.</remarks>
public sealed class ExitPolicy
{
    /// <summary>For relays that are no exits.</summary>
    public static readonly ExitPolicy RejectAll = new([]);

    private readonly ExitRule[] _rules;

    private ExitPolicy(ExitRule[] rules) => _rules = rules;

    public bool IsRejectAll => Array.TrueForAll(_rules, rule => !rule.IsAccept);

    /// <summary>
    /// Parses lines such as <c>accept *:5060-5061</c> and <c>reject udp 198.51.100.0/24:*</c>. (EXIT.POLICY)
    /// </summary>
    /// <param name="lines">One rule each.</param>
    /// <param name="policy">The policy; rejects everything when the lines are wrong.</param>
    /// <param name="error">One sentence about the first wrong line; empty when all are right.</param>
    public static bool TryParse(IReadOnlyList<string> lines, out ExitPolicy policy, out string error)
    {
        policy = RejectAll;
        if (lines.Count > ExitLimits.MaxRules)
        {
            error = $"The exit policy has {lines.Count} rules; {ExitLimits.MaxRules} is the most.";
            return false;
        }

        ExitRule[] rules = new ExitRule[lines.Count];
        for (int index = 0; index < rules.Length; index++)
        {
            if (!ExitRule.TryParse(lines[index], out rules[index], out string reason))
            {
                error = $"Exit rule {index + 1} \"{lines[index]}\": {reason}";
                return false;
            }
        }

        policy = new(rules);
        error = string.Empty;
        return true;
    }

    /// <summary>
    /// Whether the operator accepts this endpoint; forbidden addresses are another matter. (EXIT.POLICY)
    /// </summary>
    public bool Accepts(ExitTransport transport, in PeerAddress endpoint)
    {
        EmbeddedAddresses embedded = EmbeddedAddresses.Of(endpoint.Address);
        return Accepts(transport, endpoint.Address, endpoint.Port)
            && (embedded.First is not { } first || Accepts(transport, first, endpoint.Port))
            && (embedded.Second is not { } second || Accepts(transport, second, endpoint.Port));
    }

    private bool Accepts(ExitTransport transport, IpAddress address, ushort port)
    {
        foreach (ref readonly ExitRule rule in _rules.AsSpan())
        {
            if (rule.Matches(transport, address, port))
            {
                return rule.IsAccept;
            }
        }

        return false;
    }
}
