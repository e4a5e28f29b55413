using System.Text;

namespace OnionSip.Sip;

/// <summary>Between text and the form of this project, one char for each UTF-8 octet. (SIP.MESSAGE)</summary>
/// <remarks>Needed where a person types or reads: configured names and passwords, a display name on a screen.</remarks>
public static class SipText
{
    /// <summary>What a person typed as octets.</summary>
    public static string FromText(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>Octets as a person reads them; what is no UTF-8 becomes the replacement character.</summary>
    public static string ToText(string octets) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(octets));
}
