using System;
using System.IO;
using System.Security.Cryptography;
using OnionSip.Crypto;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Hosting.Secrets;

/// <summary>The three keys of a relay, in one folder. (HOST.KEYS)</summary>
/// <remarks>Secrets: all three, zeroed on Dispose.</remarks>
public sealed class RelayKeys : IDisposable
{
    private const string IdentityFile = "identity.key";
    private const string LinkFile = "link.key";
    private const string OnionFile = "onion.key";
    private const string IdentityKind = "ed25519-identity";
    private const string LinkKind = "x25519-link";
    private const string OnionKind = "x25519-onion";

    private readonly byte[] _identitySeed = new byte[KeyFile.SecretBytes];
    private readonly byte[] _linkPrivateKey = new byte[KeyFile.SecretBytes];
    private readonly byte[] _onionPrivateKey = new byte[KeyFile.SecretBytes];

    private RelayKeys()
    {
    }

    /// <summary>Ed25519 seed.</summary>
    public ReadOnlyMemory<byte> IdentitySeed => _identitySeed;

    /// <summary>X25519.</summary>
    public ReadOnlyMemory<byte> LinkPrivateKey => _linkPrivateKey;

    /// <summary>X25519.</summary>
    public ReadOnlyMemory<byte> OnionPrivateKey => _onionPrivateKey;

    public RelayId Identity
    {
        get
        {
            Span<byte> publicKey = stackalloc byte[RelayId.Bytes];
            Ed25519.DerivePublicKey(_identitySeed, publicKey);
            return RelayId.FromBytes(publicKey);
        }
    }

    /// <summary>X25519 public keys, for the descriptor.</summary>
    public (byte[] Link, byte[] Onion) DerivePublicKeys()
    {
        byte[] link = new byte[X25519.PublicKeyBytes];
        byte[] onion = new byte[X25519.PublicKeyBytes];
        X25519.DerivePublicKey(_linkPrivateKey, link);
        X25519.DerivePublicKey(_onionPrivateKey, onion);
        return (link, onion);
    }

    /// <summary>Draws three keys and writes them into a folder, which is made with mode 0700 when it is not there.</summary>
    /// <exception cref="IOException">A key file is there already, or the folder cannot be written.</exception>
    public static RelayKeys Create(string folder, Entropy entropy)
    {
        SecretFolder.Ensure(folder);
        RelayKeys keys = new();
        foreach ((string file, string kind, byte[] secret) in keys.Files())
        {
            entropy.Fill(secret);
            KeyFile.Create(Path.Combine(folder, file), kind, secret);
        }

        return keys;
    }

    /// <summary>Reads the three keys; null with a sentence when one of them cannot be used.</summary>
    public static RelayKeys? Read(string folder, out string problem)
    {
        RelayKeys keys = new();
        foreach ((string file, string kind, byte[] secret) in keys.Files())
        {
            string? wrong = KeyFile.Read(Path.Combine(folder, file), kind, secret);
            if (wrong is not null)
            {
                keys.Dispose();
                problem = wrong;
                return null;
            }
        }

        problem = "";
        return keys;
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_identitySeed);
        CryptographicOperations.ZeroMemory(_linkPrivateKey);
        CryptographicOperations.ZeroMemory(_onionPrivateKey);
    }

    private (string File, string Kind, byte[] Secret)[] Files() =>
        [(IdentityFile, IdentityKind, _identitySeed), (LinkFile, LinkKind, _linkPrivateKey), (OnionFile, OnionKind, _onionPrivateKey)];
}
