namespace OnionSip.Directory;

/// <summary>Bounds of directory messages. (DIRECTORY.LIMITS, parameters.md)</summary>
public static class DirectoryLimits
{
    /// <summary>descriptor_bytes_max</summary>
    public const int DescriptorBytesMax = 4096;

    /// <summary>document_bytes_max</summary>
    public const int DocumentBytesMax = 32 * 1024 * 1024;

    /// <summary>document_relays_max</summary>
    public const int RelaysMax = 20_000;

    /// <summary>document_signatures_max</summary>
    public const int SignaturesMax = 32;

    /// <summary>descriptor_name_chars_max</summary>
    public const int NameCharsMax = 19;

    /// <summary>descriptor_addresses_max</summary>
    public const int AddressesMax = 4;

    /// <summary>descriptor_policy_lines_max</summary>
    public const int PolicyLinesMax = 64;

    /// <summary>descriptor_text_chars_max: family, contact and one policy line</summary>
    public const int TextCharsMax = 128;
}
