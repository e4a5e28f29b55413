using System;
using System.Globalization;
using OnionSip.Machines;

namespace OnionSip.Streams;

/// <summary>One line of an exit policy: <c>accept|reject [tcp|udp] ADDRESS:PORTS</c>. (EXIT.POLICY)</summary>
internal readonly record struct ExitRule(
    bool IsAccept, ExitTransport? Transport, AddressBlock? Block, ushort FirstPort, ushort LastPort)
{
    public bool Matches(ExitTransport transport, IpAddress address, ushort port) =>
        (Transport is null || Transport == transport)
        && (Block is null || Block.Value.Contains(address))
        && port >= FirstPort
        && port <= LastPort;

    /// <summary>
    /// Parses one line; <paramref name="error"/> says in a sentence what to write instead. (EXIT.POLICY)
    /// </summary>
    public static bool TryParse(string text, out ExitRule rule, out string error)
    {
        rule = default;
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length is < 2 or > 3 || words[0] is not ("accept" or "reject"))
        {
            error = "write accept or reject, then perhaps tcp or udp, then ADDRESS:PORTS, "
                + "for example accept tcp *:5060-5061.";
            return false;
        }

        ExitTransport? transport = words.Length == 2 ? null : words[1] == "tcp" ? ExitTransport.Tcp : ExitTransport.Udp;
        if (words.Length == 3 && words[1] is not ("tcp" or "udp"))
        {
            error = $"\"{words[1]}\" is not a transport; write tcp or udp, or leave it out for both.";
            return false;
        }

        string target = words[^1];
        int colon = target.LastIndexOf(':');
        if (colon < 0 || target.EndsWith(']'))
        {
            error = $"\"{target}\" has no ports; add :* for all, :5060 for one or :5060-5061 for a range.";
            return false;
        }

        if (!TryParsePorts(target[(colon + 1)..], out ushort first, out ushort last))
        {
            error = $"\"{target[(colon + 1)..]}\" is not a port, a range of ports from low to high, or *; "
                + "ports are 1 to 65535.";
            return false;
        }

        if (!TryParseBlock(target[..colon], out AddressBlock? block))
        {
            error = $"\"{target[..colon]}\" is not an address; write *, 198.51.100.7, 198.51.100.0/24 "
                + "or [2001:db8::]/32, with no bits set after the prefix.";
            return false;
        }

        rule = new(words[0] == "accept", transport, block, first, last);
        error = string.Empty;
        return true;
    }

    private static bool TryParsePorts(string text, out ushort first, out ushort last)
    {
        first = 1;
        last = ushort.MaxValue;
        if (text == "*")
        {
            return true;
        }

        int dash = text.IndexOf('-', StringComparison.Ordinal);
        bool parsed = TryParsePort(dash < 0 ? text : text[..dash], out first)
            & TryParsePort(dash < 0 ? text : text[(dash + 1)..], out last);
        return parsed && first <= last;
    }

    private static bool TryParsePort(string text, out ushort port) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0;

    private static bool TryParseBlock(string text, out AddressBlock? block)
    {
        block = null;
        if (text == "*")
        {
            return true;
        }

        // IPv6 stands in brackets, the prefix length after them.
        bool bracketed = text.StartsWith('[') && text.Contains(']', StringComparison.Ordinal);
        string plain = bracketed ? text[1..].Replace("]", string.Empty, StringComparison.Ordinal) : text;
        bool isIPv6 = plain.Contains(':', StringComparison.Ordinal);
        if (bracketed != isIPv6 || !AddressBlock.TryParse(plain, out AddressBlock parsed))
        {
            return false;
        }

        block = parsed;
        return true;
    }
}
