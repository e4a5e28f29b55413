using System;

namespace OnionSip.Hosting.Configuration;

/// <summary>Where the network file is and who must have signed it. (HOST.CONFIG)</summary>
public sealed record NetworkConfig(string File, ReadOnlyMemory<byte> AuthorityKey)
{
    private const int KeyBytes = 32;

    public static NetworkConfig Read(ConfigObject parent)
    {
        ConfigObject? value = parent.Object(
            "network", "an object such as {\"file\": \"network.onionsip\", \"authority\": \"64 hexadecimal digits\"}", required: true);
        if (value is null)
        {
            return new("", default);
        }

        string file = value.FilePath("file", "the path of the signed network file");
        const string Expected = "the authority's public key, 64 hexadecimal digits, as printed by \"onionsip-relay network init\"";
        string text = value.Text("authority", Expected);
        byte[] key = [];
        if (text.Length > 0 && !TryParseKey(text, out key))
        {
            value.Report("authority", $"is not a key; it must be {Expected}");
        }

        value.Finish();
        return new(file, key);
    }

    public static bool TryParseKey(string text, out byte[] key)
    {
        key = new byte[KeyBytes];
        return text.Length == 2 * KeyBytes
            && Convert.FromHexString(text, key, out _, out int written) == System.Buffers.OperationStatus.Done
            && written == KeyBytes;
    }
}
