using System;
using System.Collections.Generic;

namespace OnionSip.Sip;

/// <summary>One header line: name in its usual spelling, value unfolded; prints the name alone. (SIP.MESSAGE)</summary>
public readonly record struct SipHeader(string Name, string Value)
{
    public override string ToString() => Name + ": [redacted]";
}

/// <summary>The header lines of one message in their order. (SIP.MESSAGE)</summary>
/// <remarks>
/// Bounds: at most <see cref="SipLimits.MaxHeaders"/> lines of <see cref="SipLimits.MaxHeaderLineBytes"/>.
/// Throws: ArgumentException for a name or value that could not be written; <see cref="TryAdd"/> where a value comes
///         from a peer.
/// </remarks>
public sealed class SipHeaderList
{
    private readonly List<SipHeader> _lines = [];

    public int Count => _lines.Count;

    public SipHeader this[int index] => _lines[index];

    /// <summary>Appends a line.</summary>
    public SipHeaderList Add(string name, string value) =>
        TryAdd(name, value)
            ? this
            : throw new ArgumentException("not a header line: " + SipHeaderNames.Canonical(name), nameof(value));

    /// <summary>Appends a line; false when CR, LF, NUL or a limit forbids it.</summary>
    public bool TryAdd(string name, string value)
    {
        bool fits = SipGrammar.IsToken(name) && SipGrammar.IsWritable(value)
            && HasRoom(name, value, SipLimits.MaxWrittenLineBytes);
        if (fits)
        {
            _lines.Add(new SipHeader(SipHeaderNames.Canonical(name), value));
        }

        return fits;
    }

    /// <summary>Removes every line of this name and appends one.</summary>
    public SipHeaderList Set(string name, string value)
    {
        Remove(name);
        return Add(name, value);
    }

    public int Remove(string name)
    {
        string canonical = SipHeaderNames.Canonical(name);
        return _lines.RemoveAll(line => string.Equals(line.Name, canonical, StringComparison.OrdinalIgnoreCase));
    }

    public bool Has(string name) => Find(name) is not null;

    public int CountOf(string name)
    {
        int count = 0;
        string canonical = SipHeaderNames.Canonical(name);
        foreach (SipHeader line in _lines)
        {
            count += string.Equals(line.Name, canonical, StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        }

        return count;
    }

    /// <summary>The raw value of the first line of this name.</summary>
    public string? Find(string name)
    {
        string canonical = SipHeaderNames.Canonical(name);
        foreach (SipHeader line in _lines)
        {
            if (string.Equals(line.Name, canonical, StringComparison.OrdinalIgnoreCase))
            {
                return line.Value;
            }
        }

        return null;
    }

    /// <summary>The raw values of all lines of this name, not split at commas.</summary>
    public IEnumerable<string> FindAll(string name)
    {
        string canonical = SipHeaderNames.Canonical(name);
        foreach (SipHeader line in _lines)
        {
            if (string.Equals(line.Name, canonical, StringComparison.OrdinalIgnoreCase))
            {
                yield return line.Value;
            }
        }
    }

    /// <summary>
    /// The values of all lines of this name, split at commas outside quotes and brackets; empty values are left out.
    /// </summary>
    /// <remarks>Drops: false for an unbalanced quote or more than <see cref="SipLimits.MaxListValues"/>.</remarks>
    public bool TrySplit(string name, out List<string> values)
    {
        values = [];
        foreach (string line in FindAll(name))
        {
            if (!SipGrammar.TrySplit(line, ',', SipLimits.MaxListValues, values))
            {
                return false;
            }
        }

        values.RemoveAll(static value => value.Length == 0);
        return true;
    }

    /// <summary>
    /// Appends what was read: may hold NUL, which reading tolerates in a quoted pair and writing refuses.
    /// </summary>
    internal bool TryAddRead(string name, string value)
    {
        bool fits = HasRoom(name, value, SipLimits.MaxHeaderLineBytes);
        if (fits)
        {
            _lines.Add(new SipHeader(SipHeaderNames.Canonical(name), value));
        }

        return fits;
    }

    private bool HasRoom(string name, string value, int maxBytes) =>
        _lines.Count < SipLimits.MaxHeaders && name.Length + value.Length + 4 <= maxBytes;
}
