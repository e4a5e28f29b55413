using System;
using System.IO;
using OnionSip.Directory;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Machines;

namespace OnionSip.Hosting.Configuration;

/// <summary>Reads the signed network file that a configuration names. (HOST.NETWORK-FILE)</summary>
public static class NetworkFile
{
    /// <exception cref="ProgramException">The file cannot be used; the message says why.</exception>
    public static NetworkDocument Read(NetworkConfig config, WallTime now)
    {
        byte[] bytes;
        try
        {
            FileInfo info = new(config.File);
            if (info.Exists && info.Length > DirectoryLimits.DocumentBytesMax)
            {
                throw new ProgramException(ExitCodes.BadConfiguration, $"{config.File} is too long for a network file");
            }

            bytes = File.ReadAllBytes(config.File);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProgramException(ExitCodes.BadConfiguration, $"the network file cannot be read: {error.Message}");
        }

        DocumentResult result = NetworkDocument.TryParse(bytes, config.AuthorityKey.Span, now, out NetworkDocument? document);
        return result == DocumentResult.None
            ? document!
            : throw new ProgramException(ExitCodes.BadConfiguration, $"the network file {config.File} was refused: {Describe(result)}");
    }

    public static string Describe(DocumentResult result) => result switch
    {
        DocumentResult.TooLong => "it is too long",
        DocumentResult.Malformed => "it is not a network file",
        DocumentResult.UnknownVersion => "it is of a version this program does not know; a newer program is needed",
        DocumentResult.BadField => "a field is missing or out of range",
        DocumentResult.BadSignature => "it is not signed by the configured authority",
        DocumentResult.BadOrder => "its relays are out of order or doubled",
        DocumentResult.NotYetValid => "it is not valid yet; check this machine's clock",
        DocumentResult.Expired => "it has expired; get a newer one, and check this machine's clock",
        _ => "it is good",
    };
}
