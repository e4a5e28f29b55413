using System;
using System.Collections.Generic;
using OnionSip.Machines;
using OnionSip.Media;
using OnionSip.Sip;

namespace OnionSip.Nodes;

/// <summary>The constant words of every message the gateway writes. (SIP.GATEWAY.TEMPLATE)</summary>
internal static class SipTexts
{
    /// <summary>The methods of the gateway, always these and in this order.</summary>
    public const string Allow = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO";

    public const string Accept = "application/sdp";
    public const string Sdp = "application/sdp";
    public const string DtmfRelay = "application/dtmf-relay";

    /// <summary>CSeq of the first request of every dialog.</summary>
    public const uint FirstCSeq = 1;

    /// <summary>An address as a host part: IPv6 in brackets.</summary>
    public static string Host(IpAddress address) => address.IsIPv4 ? address.Reveal() : "[" + address.Reveal() + "]";

    /// <summary>What a person reads on a phone when there is no way out. (SIP.GATEWAY.FAIL-CLOSED)</summary>
    public static string Phrase(GatewayFailure failure) => failure switch
    {
        GatewayFailure.NoPath => "OnionSip has no path through the network, try again soon",
        GatewayFailure.PathLost => "OnionSip lost its path through the network, try again soon",
        GatewayFailure.Refused => "The OnionSip exit does not connect to this provider",
        GatewayFailure.Busy => "The OnionSip network is busy, try again soon",
        GatewayFailure.Unreachable => "Your provider does not answer through OnionSip",
        GatewayFailure.NotFound => "Your provider has no SIP server under this name",
        GatewayFailure.Closed => "Your provider closed the connection",
        GatewayFailure.BadCertificate => "Your provider's certificate is not valid, nothing was sent",
        _ => "OnionSip could not reach your provider in time, try again soon",
    };

    /// <summary>Why a phone's description was not taken.</summary>
    public static string Phrase(SdpRefusal refusal) => refusal switch
    {
        SdpRefusal.BadTransport => "OnionSip takes plain RTP from the phone: switch media encryption off",
        SdpRefusal.NoCommonCodec => "No codec in common: OnionSip needs PCMA or PCMU",
        _ => "No audio in this call that OnionSip can carry",
    };

    /// <summary>A URI without parameters and headers: user, host and port alone.</summary>
    public static SipUri Bare(SipUri uri) => !uri.IsSip ? uri : uri.WithoutHeaders().WithParameters(SipParameters.None);

    /// <summary>A challenge that asks for auth-int alone.</summary>
    public const string OnlyAuthInt = "Your provider asks for a digest over message bodies, which OnionSip has to rewrite";

    /// <summary>True when the texts of two URIs are the same.</summary>
    public static bool Same(SipUri left, SipUri right) => string.Equals(left.Reveal(), right.Reveal(), StringComparison.Ordinal);

    /// <summary>True when a URI is another or says less: the same user, host and port, and no parameter that the other lacks.</summary>
    public static bool IsWithin(SipUri uri, SipUri other)
    {
        bool same = uri.IsSip && other.IsSip && uri.Scheme == other.Scheme && uri.User == other.User && uri.Port == other.Port
            && (uri.Password is null || uri.Password == other.Password)
                && string.Equals(uri.Host, other.Host, StringComparison.OrdinalIgnoreCase);
        for (int index = 0; same && index < uri.Parameters.Count; index++)
        {
            SipParameter parameter = uri.Parameters.Items[index];
            same = other.Parameters.TryGet(parameter.Name, out string value) && value == (parameter.Value ?? string.Empty);
        }

        return same || Same(uri, other);
    }

    /// <summary>The values of Privacy over all lines, merged; the strictest wins. (SIP.GATEWAY.LEAKS)</summary>
    public static bool WantsPrivacy(SipMessage message)
    {
        foreach (string line in message.Headers.FindAll(SipHeaderNames.Privacy))
        {
            foreach (string word in (IEnumerable<string>)line.Split([';', ','],
                StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.ToLowerInvariant() is "id" or "user" or "header" or "session" or "critical")
                {
                    return true;
                }
            }
        }

        return false;
    }
}
