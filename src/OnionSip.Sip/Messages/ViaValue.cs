using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace OnionSip.Sip;

/// <summary>One value of Via; prints redacted. (SIP.VIA)</summary>
/// <remarks>
/// Shape: <c>SIP/2.0/transport sent-by *(";" parameter)</c>; white space around the slashes is accepted.
/// </remarks>
public sealed class ViaValue
{
    /// <summary>What every branch of RFC 3261 begins with.</summary>
    public const string MagicCookie = "z9hG4bK";

    public ViaValue(string transport, string host, ushort port, SipParameters parameters)
        : this("SIP/2.0", transport, host, port, parameters)
    {
        if (!SipGrammar.IsToken(transport) || !SipGrammar.IsHost(host))
        {
            throw new ArgumentException("not a transport and a host", nameof(host));
        }
    }

    private ViaValue(string version, string transport, string host, ushort port, SipParameters parameters)
    {
        Version = version;
        Transport = transport;
        Host = host;
        Port = port;
        Parameters = parameters;
    }

    /// <summary>"SIP/2.0" unless the peer wrote otherwise.</summary>
    public string Version { get; }

    /// <summary>In upper case.</summary>
    public string Transport { get; }

    public string Host { get; }

    /// <summary>0 when none is given.</summary>
    public ushort Port { get; }

    public SipParameters Parameters { get; }

    public string? Branch => Parameters.Find("branch");

    /// <summary>True when the branch is one of RFC 3261: the cookie and something behind it.</summary>
    public bool HasUniqueBranch =>
        Branch is { } branch && branch.Length > MagicCookie.Length
            && branch.StartsWith(MagicCookie, StringComparison.OrdinalIgnoreCase);

    /// <summary>The source address that the next hop saw, brackets removed; null when there is none.</summary>
    public string? Received => Parameters.Find("received")?.Trim('[', ']');

    /// <summary>True when the sender asks for the source port (RFC 3581).</summary>
    public bool WantsRPort => Parameters.Has("rport");

    /// <summary>The source port that the next hop saw; 0 when there is none.</summary>
    public ushort RPort =>
        SipGrammar.TryParseNumber(Parameters.Find("rport"), out uint port) && port <= ushort.MaxValue
            ? (ushort)port
            : (ushort)0;

    /// <summary>The same value with what RFC 3261 §18.2.1 and RFC 3581 have a server add.</summary>
    public ViaValue WithSource(Machines.PeerAddress source)
    {
        SipParameters parameters = Parameters;
        if (WantsRPort)
        {
            parameters = parameters.With("rport", source.Port.ToString(CultureInfo.InvariantCulture));
        }

        bool same = Machines.IpAddress.TryParse(Host.Trim('[', ']'), out Machines.IpAddress sentBy)
            && sentBy == source.Address;
        if (WantsRPort || !same)
        {
            parameters = parameters.With("received", source.Address.Reveal());
        }

        return new ViaValue(Version, Transport, Host, Port, parameters);
    }

    /// <summary>Reads one value; anything left over is an error.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out ViaValue? via)
    {
        via = null;
        if (!TryTakeToken(ref text, '/', out string protocol) || !TryTakeToken(ref text, '/', out string version)
            || !TryTakeTransport(ref text, out string transport))
        {
            return false;
        }

        int semicolon = text.IndexOf(';');
        SipParameters parameters = SipParameters.None;
        if (!SipGrammar.TryParseHostPort(
            SipGrammar.Trim(semicolon < 0 ? text : text[..semicolon]), out string host, out ushort port)
            || (semicolon >= 0 && !SipParameters.TryParse(text[(semicolon + 1)..], out parameters)))
        {
            return false;
        }

        via = new ViaValue(
            protocol.ToUpperInvariant() + "/" + version, transport.ToUpperInvariant(), host, port, parameters);
        return true;
    }

    /// <summary>The value in clear, for the wire; never for a log.</summary>
    public string Reveal()
    {
        StringBuilder text = new(Version);
        text.Append('/').Append(Transport).Append(' ').Append(Host);
        if (Port != 0)
        {
            text.Append(':').Append(Port.ToString(CultureInfo.InvariantCulture));
        }

        Parameters.AppendTo(text);
        return text.ToString();
    }

    public override string ToString() => Transport + " [via]";

    private static bool TryTakeToken(ref ReadOnlySpan<char> text, char end, out string token)
    {
        int at = text.IndexOf(end);
        token = at < 0 ? string.Empty : SipGrammar.Trim(text[..at]).ToString();
        text = at < 0 ? text : text[(at + 1)..];
        return SipGrammar.IsToken(token);
    }

    private static bool TryTakeTransport(ref ReadOnlySpan<char> text, out string transport)
    {
        text = SipGrammar.Trim(text);
        int space = text.IndexOfAny(' ', '\t');
        transport = space < 0 ? string.Empty : text[..space].ToString();
        text = space < 0 ? text : text[space..];
        return SipGrammar.IsToken(transport);
    }
}
