using System;
using System.Collections.Generic;
using Google.Protobuf;
using OnionSip.Crypto;
using OnionSip.Directory;
using OnionSip.Directory.Messages;
using OnionSip.Machines;
using OnionSip.Wire;

namespace OnionSip.Tests.Directory;

/// <summary>Relays with known keys for tests: relay n has identity seed n.</summary>
internal static class TestRelays
{
    public static readonly WallTime Now = new(1_800_000_000);

    public static byte[] Seed(int number)
    {
        byte[] seed = new byte[32];
        seed[0] = unchecked((byte)number);
        seed[1] = (byte)(number >> 8);
        return seed;
    }

    public static byte[] PublicKey(byte[] seed)
    {
        byte[] key = new byte[32];
        Ed25519.DerivePublicKey(seed, key);
        return key;
    }

    public static RelayDescriptor Descriptor(int number, string address, RelayRoles roles = (RelayRoles)7, int capacity = 100, string family = "") => new()
    {
        Identity = RelayId.FromBytes(PublicKey(Seed(number))),
        LinkKey = new byte[32],
        OnionKey = new byte[32],
        Name = "relay" + number,
        Addresses = [PeerAddress.TryParse(address, out PeerAddress parsed) ? parsed : throw new ArgumentException(address)],
        Roles = roles,
        CapacityCircuits = capacity,
        Family = family,
        Published = Now,
    };

    public static byte[] Sign(params IEnumerable<(int Number, RelayDescriptor Descriptor)> relays)
    {
        List<byte[]> signed = [];
        foreach ((int number, RelayDescriptor descriptor) in relays)
        {
            signed.Add(descriptor.Sign(Seed(number)));
        }

        return NetworkDocument.Sign("testnet", false, Now, TimeSpan.FromDays(1), signed, Seed(9999));
    }

    /// <summary>Signs a body as it stands, whatever is wrong with it.</summary>
    public static byte[] SignBody(NetworkDocumentBody body)
    {
        byte[] signature = new byte[64];
        Ed25519.Sign(Seed(9999), [.. Labels.NetworkDocumentSignature, 0, .. body.ToByteArray()], signature);
        SignedDocument signed = new() { Document = body.ToByteString() };
        signed.Signatures.Add(new Signature { AuthorityKey = ByteString.CopyFrom(PublicKey(Seed(9999))), Signature_ = ByteString.CopyFrom(signature) });
        return signed.ToByteArray();
    }

    public static NetworkDocument Document(params IEnumerable<(int Number, RelayDescriptor Descriptor)> relays)
    {
        DocumentResult result = NetworkDocument.TryParse(Sign(relays), PublicKey(Seed(9999)), Now, out NetworkDocument? document);
        return result == DocumentResult.None ? document! : throw new InvalidOperationException(result.ToString());
    }
}
