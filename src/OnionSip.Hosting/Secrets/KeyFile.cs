using System;
using System.Buffers.Text;
using System.IO;
using System.Security.Cryptography;
using System.Text;

namespace OnionSip.Hosting.Secrets;

/// <summary>One secret in one file that only its owner can read. (HOST.KEYS)</summary>
/// <remarks>
/// Shape:   one line <c>onionsip-key KIND BASE64</c>; 32 secret bytes.
/// Secrets: the bytes are the caller's to zero; the text read is zeroed here.
/// </remarks>
public static class KeyFile
{
    public const int SecretBytes = 32;
    private const int MaxFileBytes = 256;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Writes a new file, mode 0600, complete or not at all.</summary>
    /// <exception cref="IOException">The file exists, or the folder cannot be written.</exception>
    public static void Create(string path, string kind, ReadOnlySpan<byte> secret)
    {
        if (File.Exists(path))
        {
            throw new IOException($"{path} exists and is not overwritten");
        }

        byte[] line = Encoding.ASCII.GetBytes($"onionsip-key {kind} {Convert.ToBase64String(secret)}\n");
        string temporary = path + ".new";
        File.Delete(temporary);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        using (FileStream file = new(temporary, options))
        {
            file.Write(line);
            file.Flush(flushToDisk: true);
        }

        CryptographicOperations.ZeroMemory(line);
        File.Move(temporary, path, overwrite: false);
    }

    /// <summary>Reads a secret; null when it was read, else one sentence that says why not.</summary>
    public static string? Read(string path, string kind, Span<byte> secret)
    {
        byte[] content = [];
        try
        {
            FileInfo info = new(path);
            if (!info.Exists)
            {
                return $"the key file {path} does not exist; make keys with the command keygen";
            }

            if (!OperatingSystem.IsWindows() && (info.UnixFileMode & Others) != 0)
            {
                return $"the key file {path} can be read by others; run: chmod 600 {path}";
            }

            if (info.Length > MaxFileBytes)
            {
                return $"{path} is no key file";
            }

            content = File.ReadAllBytes(path);
            return Parse(content, kind, secret) ? null : $"{path} is no key file of kind {kind}";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"the key file {path} cannot be read: {error.Message}";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private static bool Parse(ReadOnlySpan<byte> content, string kind, Span<byte> secret)
    {
        ReadOnlySpan<byte> prefix = Encoding.ASCII.GetBytes($"onionsip-key {kind} ");
        if (!content.StartsWith(prefix))
        {
            return false;
        }

        ReadOnlySpan<byte> encoded = content[prefix.Length..].TrimEnd("\r\n "u8);
        return Base64.DecodeFromUtf8(encoded, secret, out int consumed, out int written) == System.Buffers.OperationStatus.Done
            && consumed == encoded.Length && written == secret.Length;
    }
}
