using System;
using OnionSip.Machines;

namespace OnionSip.Nodes;

/// <summary>Until the exit policy is here: nothing leaves but on a test network. (NODE.EXIT)</summary>
internal sealed class ExitRules
{
    private readonly bool _isTestNetwork;

    private ExitRules(bool isTestNetwork) => _isTestNetwork = isTestNetwork;

    public static ExitRules Create(RelayNodeOptions options, bool isTestNetwork) => new(isTestNetwork);

    public bool AllowsTcp(PeerAddress destination) => _isTestNetwork && destination.Port != 0;

    public ExitAssociation CreateAssociation(Instant now) => new(_isTestNetwork);
}

internal sealed class ExitAssociation(bool isTestNetwork)
{
    private PeerAddress[] _consented = [];

    public bool IsBound { get; set; }

    public bool Accepts(Instant now, in PeerAddress source)
    {
        foreach (PeerAddress endpoint in _consented)
        {
            if (endpoint.Address == source.Address)
            {
                return true;
            }
        }

        return false;
    }

    public bool Allows(Instant now, in PeerAddress destination, int bytes) => isTestNetwork && Array.IndexOf(_consented, destination) >= 0;

    public void SetConsent(Instant now, ReadOnlySpan<PeerAddress> endpoints) => _consented = endpoints.ToArray();

    public void HandleUnreachable(Instant now, in PeerAddress destination)
    {
    }
}
