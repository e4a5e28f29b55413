using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Secrets;
using OnionSip.Machines;

namespace OnionSip.Hosting.Relays;

/// <summary>What the one authority of a network keeps: its key, the network's name, the relays' descriptors. (HOST.AUTHORITY)</summary>
/// <remarks>
/// Shape: <c>authority.key</c>, <c>network.json</c>, <c>descriptors/IDENTITY</c>.
/// Throws: <see cref="ProgramException"/> with a sentence; nothing is half done.
/// </remarks>
public sealed class AuthorityFolder
{
    private const string KeyKind = "ed25519-authority";

    private readonly string _folder;
    private readonly string _name;
    private readonly bool _isTestNetwork;

    private AuthorityFolder(string folder, string name, bool isTestNetwork)
    {
        _folder = folder;
        _name = name;
        _isTestNetwork = isTestNetwork;
    }

    /// <summary>The authority's public key as configurations want it.</summary>
    public string PublicKeyText
    {
        get
        {
            byte[] seed = ReadSeed();
            byte[] publicKey = new byte[32];
            Ed25519.DerivePublicKey(seed, publicKey);
            System.Security.Cryptography.CryptographicOperations.ZeroMemory(seed);
            return Convert.ToHexStringLower(publicKey);
        }
    }

    public static AuthorityFolder Create(string folder, string name, bool isTestNetwork, Entropy entropy)
    {
        if (name.Length is < 1 or > DirectoryLimits.NameCharsMax || !IsLettersAndDigits(name))
        {
            throw new ProgramException(ExitCodes.BadConfiguration,
                $"the network's name must be 1 to {DirectoryLimits.NameCharsMax} letters and digits");
        }

        SecretFolder.Ensure(folder);
        byte[] seed = new byte[KeyFile.SecretBytes];
        entropy.Fill(seed);
        KeyFile.Create(Path.Combine(folder, "authority.key"), KeyKind, seed);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(seed);
        SecretFolder.Ensure(Path.Combine(folder, "descriptors"));
        string settings = $"{{ \"name\": \"{name}\", \"test_network\": {(isTestNetwork ? "true" : "false")} }}\n";
        SecretFolder.Replace(Path.Combine(folder, "network.json"), Encoding.ASCII.GetBytes(settings));
        return new(folder, name, isTestNetwork);
    }

    public static AuthorityFolder Open(string folder)
    {
        ConfigSource source = new(Path.Combine(folder, "network.json"));
        ConfigObject? root = source.Open();
        string name = root?.Text("name", "the network's name") ?? "";
        bool isTestNetwork = root?.Switch("test_network", false) ?? false;
        root?.Finish();
        return source.Errors.Count == 0
            ? new(folder, name, isTestNetwork)
            : throw new ProgramException(ExitCodes.BadConfiguration, string.Join(Environment.NewLine, source.Errors));
    }

    /// <summary>Takes a relay in, or its newer descriptor; returns its name and identity.</summary>
    public string Add(string file)
    {
        byte[] bytes = File.ReadAllBytes(file);
        DocumentResult result = RelayDescriptor.TryParse(bytes, out RelayDescriptor? relay);
        if (result != DocumentResult.None)
        {
            throw new ProgramException(ExitCodes.BadConfiguration, $"the descriptor {file} was refused: {result}");
        }

        foreach (PeerAddress address in relay!.Addresses)
        {
            if (!_isTestNetwork && !AddressScope.IsPublic(address.Address))
            {
                throw new ProgramException(
                    ExitCodes.BadConfiguration,
                    $"the relay {relay.Name} announces {address.Reveal()}, which is not public; only a test network takes it");
            }
        }

        string identity = Convert.ToHexStringLower(relay.Identity.ToArray());
        SecretFolder.Replace(Path.Combine(_folder, "descriptors", identity), bytes);
        return $"{relay.Name} {identity}";
    }

    /// <summary>Writes the network file; returns how many relays it has.</summary>
    public int Sign(string output, WallTime now, TimeSpan validity)
    {
        List<byte[]> descriptors = [];
        foreach (string file in System.IO.Directory.GetFiles(Path.Combine(_folder, "descriptors")))
        {
            if (!file.EndsWith(".new", StringComparison.Ordinal))
            {
                descriptors.Add(File.ReadAllBytes(file));
            }
        }

        byte[] seed = ReadSeed();
        byte[] document = NetworkDocument.Sign(_name, _isTestNetwork, now, validity, descriptors, seed);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(seed);
        SecretFolder.Replace(output, document);
        return descriptors.Count;
    }

    private static bool IsLettersAndDigits(string name)
    {
        foreach (char character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character))
            {
                return false;
            }
        }

        return true;
    }

    private byte[] ReadSeed()
    {
        byte[] seed = new byte[KeyFile.SecretBytes];
        string? problem = KeyFile.Read(Path.Combine(_folder, "authority.key"), KeyKind, seed);
        return problem is null ? seed : throw new ProgramException(ExitCodes.BadConfiguration, problem);
    }
}
