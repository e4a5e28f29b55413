using System;
using System.Collections.Generic;

namespace OnionSip.Sip;

/// <summary>
/// One value of Contact, or the star of a REGISTER that removes all bindings; prints redacted. (SIP.ADDRESS)
/// </summary>
public sealed class ContactValue
{
    private ContactValue(NameAddress? address) => Address = address;

    /// <summary>Null for the star.</summary>
    public NameAddress? Address { get; }

    public bool IsStar => Address is null;

    /// <summary>The "expires" parameter in seconds; null when there is none or it is no number of 32 bits.</summary>
    public uint? ExpiresSeconds =>
        Address?.Parameters.Find("expires") is { } text && SipGrammar.TryParseNumber(text, out uint seconds)
            ? seconds
            : null;

    /// <summary>The "+sip.instance" parameter (RFC 5626), brackets and all.</summary>
    public string? Instance => Address?.Parameters.Find("+sip.instance");

    public static ContactValue Star { get; } = new(null);

    public static ContactValue Of(NameAddress address) => new(address);

    /// <summary>Reads all values of all lines; the star must stand alone.</summary>
    public static bool TryParseAll(SipHeaderList headers, out List<ContactValue> contacts)
    {
        contacts = [];
        if (!headers.TrySplit(SipHeaderNames.Contact, out List<string> values))
        {
            return false;
        }

        foreach (string value in values)
        {
            if (value == "*")
            {
                contacts.Add(Star);
            }
            else if (NameAddress.TryParse(value, out NameAddress? address))
            {
                contacts.Add(new ContactValue(address));
            }
            else
            {
                return false;
            }
        }

        return contacts.Count <= 1 || !contacts.Exists(static contact => contact.IsStar);
    }

    /// <summary>The value in clear, for the wire; never for a log.</summary>
    public string Reveal() => Address is null ? "*" : Address.Reveal();

    public override string ToString() => "[contact]";
}
