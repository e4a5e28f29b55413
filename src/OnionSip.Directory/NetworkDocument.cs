using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using OnionSip.Crypto;
using OnionSip.Directory.Messages;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Directory;

/// <summary>The list of relays that clients choose paths from and relays extend by. (DIRECTORY.DOCUMENT)</summary>
/// <remarks>
/// Source: specs/network.proto NetworkDocumentBody. Immutable. <see cref="Digest"/> leaves signatures out, so one document has one digest.
/// </remarks>
public sealed class NetworkDocument
{
    /// <summary>The document version this build writes and reads.</summary>
    public const uint Version = 1;

    private readonly RelayDescriptor[] _relays;
    private readonly Dictionary<RelayId, RelayDescriptor> _byIdentity = [];

    private NetworkDocument(NetworkDocumentBody body, RelayDescriptor[] relays, byte[] digest, byte[] networkId)
    {
        Name = body.Network;
        ValidAfter = new(body.ValidAfterUnix);
        FreshUntil = new(body.FreshUntilUnix);
        ValidUntil = new(body.ValidUntilUnix);
        IsTestNetwork = body.TestNetwork;
        Digest = digest;
        NetworkId = networkId;
        _relays = relays;
        foreach (RelayDescriptor relay in relays)
        {
            _byIdentity.Add(relay.Identity, relay);
        }
    }

    public string Name { get; }

    public WallTime ValidAfter { get; }

    public WallTime FreshUntil { get; }

    public WallTime ValidUntil { get; }

    /// <summary>Loopback relays and exits are allowed; never true of a public network. (DIRECTORY.TEST-NETWORK)</summary>
    public bool IsTestNetwork { get; }

    /// <summary>SHA-256 of the signed bytes.</summary>
    public ReadOnlyMemory<byte> Digest { get; }

    /// <summary>SHA-256 over the authority's key and the network's name: bound into every handshake.</summary>
    public ReadOnlyMemory<byte> NetworkId { get; }

    /// <summary>Ascending by identity.</summary>
    public IReadOnlyList<RelayDescriptor> Relays => _relays;

    /// <summary>When the document's validity ends on a node's own time line. (DIRECTORY.DOCUMENT)</summary>
    public Instant ExpiresAt(Instant now, WallTime wallNow) => now + (ValidUntil - wallNow);

    public RelayDescriptor? Find(RelayId identity) => _byIdentity.GetValueOrDefault(identity);

    /// <summary>Makes and signs a document. (DIRECTORY.SIGNATURE)</summary>
    /// <param name="signedDescriptors">As the relays signed them, any order.</param>
    /// <exception cref="ArgumentException">A descriptor does not verify, or two have one identity.</exception>
    public static byte[] Sign(
        string name,
        bool isTestNetwork,
        WallTime validAfter,
        TimeSpan validity,
        IEnumerable<byte[]> signedDescriptors,
        ReadOnlySpan<byte> authoritySeed)
    {
        SortedDictionary<RelayId, SignedDescriptor> sorted = [];
        foreach (byte[] bytes in signedDescriptors)
        {
            DocumentResult result = RelayDescriptor.TryParse(bytes, out RelayDescriptor? relay);
            if (result != DocumentResult.None || !sorted.TryAdd(relay!.Identity, SignedDescriptor.Parser.ParseFrom(bytes)))
            {
                throw new ArgumentException($"a descriptor was refused: {result}", nameof(signedDescriptors));
            }
        }

        NetworkDocumentBody body = new()
        {
            Version = Version,
            Network = name,
            ValidAfterUnix = validAfter.UnixSeconds,
            FreshUntilUnix = (validAfter + (validity / 2)).UnixSeconds,
            ValidUntilUnix = (validAfter + validity).UnixSeconds,
            TestNetwork = isTestNetwork,
        };
        body.Relays.AddRange(sorted.Values);
        byte[] document = body.ToByteArray();
        byte[] authorityKey = new byte[32];
        byte[] signature = new byte[64];
        Ed25519.DerivePublicKey(authoritySeed, authorityKey);
        Ed25519.Sign(authoritySeed, [.. Labels.NetworkDocumentSignature, 0, .. document], signature);
        SignedDocument signed = new() { Document = ByteString.CopyFrom(document) };
        signed.Signatures.Add(new Signature { AuthorityKey = ByteString.CopyFrom(authorityKey),
            Signature_ = ByteString.CopyFrom(signature) });
        return signed.ToByteArray();
    }

    /// <summary>Reads a network file and verifies it against the authority that the reader trusts. (DIRECTORY.SIGNATURE)</summary>
    /// <remarks>Drops: every member of <see cref="DocumentResult"/>; never throws on the file's content.</remarks>
    public static DocumentResult TryParse(
        ReadOnlySpan<byte> signedDocument, ReadOnlySpan<byte> authorityKey, WallTime now, out NetworkDocument? document)
    {
        document = null;
        if (signedDocument.Length > DirectoryLimits.DocumentBytesMax)
        {
            return DocumentResult.TooLong;
        }

        if (!Protobuf.TryParse(SignedDocument.Parser, signedDocument, out SignedDocument? signed))
        {
            return DocumentResult.Malformed;
        }

        if (!IsSignedBy(signed!, authorityKey))
        {
            return DocumentResult.BadSignature;
        }

        if (!Protobuf.TryParse(NetworkDocumentBody.Parser, signed!.Document.Span, out NetworkDocumentBody? body))
        {
            return DocumentResult.Malformed;
        }

        DocumentResult result = Check(body!, now);
        return result == DocumentResult.None ? TryReadRelays(signed, body!, authorityKey, out document) : result;
    }

    private static DocumentResult TryReadRelays(
        SignedDocument signed, NetworkDocumentBody body, ReadOnlySpan<byte> authorityKey, out NetworkDocument? document)
    {
        document = null;
        RelayDescriptor[] relays = new RelayDescriptor[body.Relays.Count];
        for (int index = 0; index < relays.Length; index++)
        {
            DocumentResult result = RelayDescriptor.TryVerify(body.Relays[index], out RelayDescriptor? relay);
            if (result != DocumentResult.None)
            {
                return result;
            }

            if (index > 0 && relays[index - 1].Identity.CompareTo(relay!.Identity) >= 0)
            {
                return DocumentResult.BadOrder;
            }

            relays[index] = relay!;
        }

        document = new(body, relays, SHA256.HashData(signed.Document.Span), DeriveNetworkId(authorityKey, body.Network));
        return DocumentResult.None;
    }

    private static DocumentResult Check(NetworkDocumentBody body, WallTime now)
    {
        if (body.Version != Version)
        {
            return DocumentResult.UnknownVersion;
        }

        bool ordered = body.ValidAfterUnix <= body.FreshUntilUnix && body.FreshUntilUnix <= body.ValidUntilUnix;
        if (!ordered || body.Relays.Count > DirectoryLimits.RelaysMax || !RelayDescriptor.IsName(body.Network))
        {
            return DocumentResult.BadField;
        }

        if (now.UnixSeconds < body.ValidAfterUnix)
        {
            return DocumentResult.NotYetValid;
        }

        return now.UnixSeconds > body.ValidUntilUnix ? DocumentResult.Expired : DocumentResult.None;
    }

    private static bool IsSignedBy(SignedDocument signed, ReadOnlySpan<byte> authorityKey)
    {
        if (signed.Signatures.Count > DirectoryLimits.SignaturesMax || authorityKey.Length != 32)
        {
            return false;
        }

        foreach (Signature signature in signed.Signatures)
        {
            if (signature.Signature_.Length == 64
                && signature.AuthorityKey.Span.SequenceEqual(authorityKey)
                && Ed25519.Verify(authorityKey, [.. Labels.NetworkDocumentSignature, 0, .. signed.Document.Span],
                    signature.Signature_.Span))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What a network is called in every prologue. (DIRECTORY.NETWORK-ID)</summary>
    private static byte[] DeriveNetworkId(ReadOnlySpan<byte> authorityKey, string name) =>
        SHA256.HashData([.. Labels.NetworkId, 0, .. authorityKey, .. Encoding.ASCII.GetBytes(name)]);
}
