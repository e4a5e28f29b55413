using System;
using System.Collections.Generic;
using Google.Protobuf;
using OnionSip.Crypto;
using OnionSip.Directory.Messages;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Directory;

/// <summary>What a relay says of itself, checked. (DIRECTORY.DESCRIPTOR)</summary>
/// <remarks>Source: specs/network.proto RelayDescriptorBody. Instances come from <see cref="TryParse"/> or are made to be signed.</remarks>
public sealed record RelayDescriptor
{
    /// <summary>The descriptor version this build writes and reads.</summary>
    public const uint Version = 1;

    public required RelayId Identity { get; init; }

    /// <summary>X25519, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> LinkKey { get; init; }

    /// <summary>X25519, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> OnionKey { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<PeerAddress> Addresses { get; init; }

    public required RelayRoles Roles { get; init; }

    public int CapacityCircuits { get; init; } = 1;

    public string Family { get; init; } = "";

    public string Contact { get; init; } = "";

    public IReadOnlyList<string> ExitPolicy { get; init; } = [];

    public WallTime Published { get; init; }

    /// <summary>The signed form, as relays hand it to an authority.</summary>
    /// <param name="identitySeed">Ed25519 seed, 32 bytes; its public key must be <see cref="Identity"/>.</param>
    public byte[] Sign(ReadOnlySpan<byte> identitySeed)
    {
        byte[] body = ToBody().ToByteArray();
        byte[] signature = new byte[64];
        Ed25519.Sign(identitySeed, [.. Labels.DescriptorSignature, 0, .. body], signature);
        return new SignedDescriptor { Descriptor_ = ByteString.CopyFrom(body), Signature = ByteString.CopyFrom(signature) }.ToByteArray();
    }

    /// <summary>Reads and verifies a signed descriptor; never throws on peer input.</summary>
    public static DocumentResult TryParse(ReadOnlySpan<byte> signedDescriptor, out RelayDescriptor? descriptor)
    {
        descriptor = null;
        if (signedDescriptor.Length > DirectoryLimits.DescriptorBytesMax)
        {
            return DocumentResult.TooLong;
        }

        return Protobuf.TryParse(SignedDescriptor.Parser, signedDescriptor, out SignedDescriptor? signed)
            ? TryVerify(signed!, out descriptor)
            : DocumentResult.Malformed;
    }

    internal static DocumentResult TryVerify(SignedDescriptor signed, out RelayDescriptor? descriptor)
    {
        descriptor = null;
        if (!Protobuf.TryParse(RelayDescriptorBody.Parser, signed.Descriptor_.Span, out RelayDescriptorBody? body))
        {
            return DocumentResult.Malformed;
        }

        if (body!.Version != Version)
        {
            return DocumentResult.UnknownVersion;
        }

        if (!IsWellFormed(body))
        {
            return DocumentResult.BadField;
        }

        if (signed.Signature.Length != 64
            || !Ed25519.Verify(body.IdentityKey.Span, [.. Labels.DescriptorSignature, 0, .. signed.Descriptor_.Span],
                signed.Signature.Span))
        {
            return DocumentResult.BadSignature;
        }

        descriptor = FromBody(body);
        return DocumentResult.None;
    }

    internal static bool IsName(string name)
    {
        foreach (char character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character))
            {
                return false;
            }
        }

        return name.Length is >= 1 and <= DirectoryLimits.NameCharsMax;
    }

    private static bool IsWellFormed(RelayDescriptorBody body)
    {
        bool sized = body.IdentityKey.Length == 32 && body.LinkKey.Length == 32 && body.OnionKey.Length == 32;
        bool bounded = body.Addresses.Count is >= 1 and <= DirectoryLimits.AddressesMax
            && body.ExitPolicy.Count <= DirectoryLimits.PolicyLinesMax
            && body.Roles <= 7
            && body.CapacityCircuits <= 1_000_000
            && IsName(body.Name)
            && IsText(body.Family)
            && IsText(body.Contact);
        if (!sized || !bounded)
        {
            return false;
        }

        foreach (Endpoint endpoint in body.Addresses)
        {
            if (endpoint.Address.Length is not (4 or 16) || endpoint.Port is 0 or > ushort.MaxValue)
            {
                return false;
            }
        }

        foreach (string line in body.ExitPolicy)
        {
            if (!IsText(line))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsText(string text)
    {
        foreach (char character in text)
        {
            if (char.IsControl(character))
            {
                return false;
            }
        }

        return text.Length <= DirectoryLimits.TextCharsMax;
    }

    private static RelayDescriptor FromBody(RelayDescriptorBody body)
    {
        List<PeerAddress> addresses = [];
        foreach (Endpoint endpoint in body.Addresses)
        {
            addresses.Add(new(IpAddress.FromBytes(endpoint.Address.Span), (ushort)endpoint.Port));
        }

        return new()
        {
            Identity = RelayId.FromBytes(body.IdentityKey.Span),
            LinkKey = body.LinkKey.ToByteArray(),
            OnionKey = body.OnionKey.ToByteArray(),
            Name = body.Name,
            Addresses = addresses,
            Roles = (RelayRoles)body.Roles,
            CapacityCircuits = (int)body.CapacityCircuits,
            Family = body.Family,
            Contact = body.Contact,
            ExitPolicy = [.. body.ExitPolicy],
            Published = new(body.PublishedUnix),
        };
    }

    private RelayDescriptorBody ToBody()
    {
        RelayDescriptorBody body = new()
        {
            Version = Version,
            IdentityKey = ByteString.CopyFrom(Identity.ToArray()),
            LinkKey = ByteString.CopyFrom(LinkKey.Span),
            OnionKey = ByteString.CopyFrom(OnionKey.Span),
            Name = Name,
            Roles = (uint)Roles,
            CapacityCircuits = (uint)CapacityCircuits,
            Family = Family,
            Contact = Contact,
            PublishedUnix = Published.UnixSeconds,
        };
        Span<byte> bytes = stackalloc byte[16];
        foreach (PeerAddress address in Addresses)
        {
            int length = address.Address.WriteTo(bytes);
            body.Addresses.Add(new Endpoint { Address = ByteString.CopyFrom(bytes[..length]), Port = address.Port });
        }

        body.ExitPolicy.AddRange(ExitPolicy);
        return body;
    }
}
