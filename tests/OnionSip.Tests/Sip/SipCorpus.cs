using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;

namespace OnionSip.Tests.Sip;

/// <summary>
/// The public messages beside the checkout, and a few typed from the RFC for a checkout that stands alone.
/// </summary>
internal static class SipCorpus
{
    /// <summary>RFC 3261 §24.2 F1, with the body left out.</summary>
    public const string Invite =
        "INVITE sip:bob@biloxi.com SIP/2.0\r\n" +
        "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n" +
        "Max-Forwards: 70\r\n" +
        "To: Bob <sip:bob@biloxi.com>\r\n" +
        "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n" +
        "Call-ID: a84b4c76e66710\r\n" +
        "CSeq: 314159 INVITE\r\n" +
        "Contact: <sip:alice@pc33.atlanta.com>\r\n" +
        "Content-Type: application/sdp\r\n" +
        "Content-Length: 4\r\n\r\nv=0\n";

    /// <summary>RFC 3261 §24.2 F11.</summary>
    public const string Ok =
        "SIP/2.0 200 OK\r\n" +
        "Via: SIP/2.0/UDP bigbox3.site3.atlanta.com;branch=z9hG4bK77ef4c2312983.1;received=192.0.2.2\r\n" +
        "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8;received=192.0.2.1\r\n" +
        "To: Bob <sip:bob@biloxi.com>;tag=a6c85cf\r\n" +
        "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n" +
        "Call-ID: a84b4c76e66710\r\n" +
        "CSeq: 314159 INVITE\r\n" +
        "Contact: <sip:bob@192.0.2.4>\r\n" +
        "Content-Length: 0\r\n\r\n";

    /// <summary>RFC 3261 §24.1 F1.</summary>
    public const string Register =
        "REGISTER sip:registrar.biloxi.com SIP/2.0\r\n" +
        "Via: SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKnashds7\r\n" +
        "Max-Forwards: 70\r\n" +
        "To: Bob <sip:bob@biloxi.com>\r\n" +
        "From: Bob <sip:bob@biloxi.com>;tag=456248\r\n" +
        "Call-ID: 843817637684230@998sdasdh09\r\n" +
        "CSeq: 1826 REGISTER\r\n" +
        "Contact: <sip:bob@192.0.2.4>\r\n" +
        "Expires: 7200\r\n" +
        "Content-Length: 0\r\n\r\n";

    public static byte[] Octets(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Name, group and octets of every file of one collection of the manifest.</summary>
    public static List<(string Name, string Group, byte[] Octets)> Load(string collection)
    {
        List<(string, string, byte[])> messages = [];
        using JsonDocument manifest = SharedData.RequireJson("sip/manifest.json");
        foreach (JsonElement entry in manifest.RootElement.GetProperty(collection).EnumerateArray())
        {
            string file = entry.GetProperty("file").GetString()!;
            string group = entry.TryGetProperty("group", out JsonElement value) ? value.GetString()! : "captured";
            messages.Add(
                (Path.GetFileNameWithoutExtension(file), group, File.ReadAllBytes(SharedData.Require("sip/" + file))));
        }

        return messages;
    }

    public static byte[] Torture(string name) => File.ReadAllBytes(SharedData.Require("sip/rfc4475/" + name + ".sip"));

    /// <summary>Every message there is: the typed ones, and the collections where they can be found.</summary>
    public static List<(string Name, byte[] Octets)> All()
    {
        List<(string, byte[])> all = [("invite", Octets(Invite)), ("ok", Octets(Ok)), ("register", Octets(Register))];
        if (!SharedData.Exists)
        {
            return all;
        }

        foreach (string collection in (ReadOnlySpan<string>)["rfc4475", "rfc5118", "captured"])
        {
            foreach ((string name, _, byte[] octets) in Load(collection))
            {
                all.Add((name, octets));
            }
        }

        using JsonDocument seeds = SharedData.RequireJson("sip/parser_crash_seeds.json");
        foreach (JsonElement seed in seeds.RootElement.EnumerateArray())
        {
            all.Add(("seed", Octets(seed.GetString()!)));
        }

        return all;
    }
}
