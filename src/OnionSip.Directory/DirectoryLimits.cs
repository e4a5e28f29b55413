namespace OnionSip.Directory;

/// <summary>Bounds of directory messages. (DIRECTORY.LIMITS, parameters.md)</summary>
public static class DirectoryLimits
{
    /// <summary>directory.descriptor_bytes_max</summary>
    public const int DescriptorBytesMax = 4096;

    /// <summary>directory.document_bytes_max</summary>
    public const int DocumentBytesMax = 32 * 1024 * 1024;

    /// <summary>directory.relays_max</summary>
    public const int RelaysMax = 20_000;

    /// <summary>directory.signatures_max</summary>
    public const int SignaturesMax = 32;

    /// <summary>directory.name_chars_max</summary>
    public const int NameCharsMax = 19;

    /// <summary>directory.addresses_max</summary>
    public const int AddressesMax = 4;

    /// <summary>directory.policy_lines_max</summary>
    public const int PolicyLinesMax = 64;

    /// <summary>directory.text_chars_max: family, contact and one policy line</summary>
    public const int TextCharsMax = 128;
}
