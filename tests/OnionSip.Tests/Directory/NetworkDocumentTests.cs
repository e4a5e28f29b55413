using System;
using OnionSip.Directory;
using OnionSip.Directory.Messages;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Directory;

/// <summary>DIRECTORY.DESCRIPTOR, DIRECTORY.DOCUMENT, DIRECTORY.SIGNATURE, DIRECTORY.NETWORK-ID, DIRECTORY.LIMITS, DIRECTORY.ERRORS, DIRECTORY.TEST-NETWORK</summary>
public sealed class NetworkDocumentTests
{
    private static readonly byte[] s_authority = TestRelays.PublicKey(TestRelays.Seed(9999));

    private static byte[] Signed() => TestRelays.Sign((1, TestRelays.Descriptor(1, "192.0.2.1:9000")), (2, TestRelays.Descriptor(2, "198.51.100.1:9000")));

    private static DocumentResult Parse(byte[] bytes, WallTime now) => NetworkDocument.TryParse(bytes, s_authority, now, out _);

    [Fact]
    public void SignedDocument_IsReadBack()
    {
        DocumentResult result = NetworkDocument.TryParse(Signed(), s_authority, TestRelays.Now, out NetworkDocument? document);
        Assert.Equal(DocumentResult.None, result);
        Assert.Equal(2, document!.Relays.Count);
        Assert.Equal("relay1", document.Find(TestRelays.Descriptor(1, "192.0.2.1:9000").Identity)!.Name);
        Assert.False(document.IsTestNetwork);
    }

    [Fact]
    public void OtherAuthority_IsBadSignature() =>
        Assert.Equal(DocumentResult.BadSignature, NetworkDocument.TryParse(Signed(), TestRelays.PublicKey(TestRelays.Seed(1)), TestRelays.Now, out _));

    [Fact]
    public void BeforeAndAfterValidity_IsRefused()
    {
        Assert.Equal(DocumentResult.NotYetValid, Parse(Signed(), TestRelays.Now + TimeSpan.FromSeconds(-1)));
        Assert.Equal(DocumentResult.Expired, Parse(Signed(), TestRelays.Now + TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void EveryFlippedByte_IsRefusedOrChangesNothingSigned()
    {
        byte[] bytes = Signed();
        NetworkDocument.TryParse(bytes, s_authority, TestRelays.Now, out NetworkDocument? original);
        for (int index = 0; index < bytes.Length; index++)
        {
            byte[] changed = (byte[])bytes.Clone();
            changed[index] ^= 0x41;
            DocumentResult result = NetworkDocument.TryParse(changed, s_authority, TestRelays.Now, out NetworkDocument? document);
            Assert.True(result != DocumentResult.None || document!.Digest.Span.SequenceEqual(original!.Digest.Span), $"byte {index}");
        }
    }

    [Fact]
    public void EveryTruncation_IsRefused()
    {
        byte[] bytes = Signed();
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.NotEqual(DocumentResult.None, Parse(bytes[..length], TestRelays.Now));
        }
    }

    [Fact]
    public void Oversize_IsTooLong() =>
        Assert.Equal(DocumentResult.TooLong, Parse(new byte[DirectoryLimits.DocumentBytesMax + 1], TestRelays.Now));

    [Fact]
    public void TwoRelaysOfOneIdentity_AreNotSigned() =>
        Assert.Throws<ArgumentException>(() => TestRelays.Sign((1, TestRelays.Descriptor(1, "192.0.2.1:9000")), (1, TestRelays.Descriptor(1, "192.0.2.2:9000"))));

    [Fact]
    public void NewerVersion_IsUnknownVersion()
    {
        NetworkDocumentBody body = Body();
        Assert.Equal(DocumentResult.None, Parse(TestRelays.SignBody(body), TestRelays.Now));
        body.Version++;
        Assert.Equal(DocumentResult.UnknownVersion, Parse(TestRelays.SignBody(body), TestRelays.Now));
    }

    [Fact]
    public void RelaysOutOfOrderOrDoubled_AreBadOrder()
    {
        NetworkDocumentBody body = Body();
        (body.Relays[0], body.Relays[1]) = (body.Relays[1], body.Relays[0]);
        Assert.Equal(DocumentResult.BadOrder, Parse(TestRelays.SignBody(body), TestRelays.Now));
        body.Relays[0] = body.Relays[1];
        Assert.Equal(DocumentResult.BadOrder, Parse(TestRelays.SignBody(body), TestRelays.Now));
    }

    private static NetworkDocumentBody Body() => NetworkDocumentBody.Parser.ParseFrom(SignedDocument.Parser.ParseFrom(Signed()).Document);

    [Theory]
    [InlineData("")]
    [InlineData("has space")]
    [InlineData("twentycharactersxxxx")]
    public void BadName_IsBadField(string name)
    {
        RelayDescriptor relay = TestRelays.Descriptor(1, "192.0.2.1:9000") with { Name = name };
        Assert.Equal(DocumentResult.BadField, RelayDescriptor.TryParse(relay.Sign(TestRelays.Seed(1)), out _));
    }

    [Fact]
    public void DescriptorSignedByAnother_IsBadSignature() =>
        Assert.Equal(DocumentResult.BadSignature, RelayDescriptor.TryParse(TestRelays.Descriptor(1, "192.0.2.1:9000").Sign(TestRelays.Seed(2)), out _));

    [Fact]
    public void Garbage_IsMalformed() => Assert.Equal(DocumentResult.Malformed, RelayDescriptor.TryParse([0xFF, 0xFF, 0xFF], out _));

    [Fact]
    public void NetworkId_DependsOnAuthorityAndName()
    {
        NetworkDocument ours = TestRelays.Document((1, TestRelays.Descriptor(1, "192.0.2.1:9000")));
        byte[] other = NetworkDocument.Sign("testnet", true, TestRelays.Now, TimeSpan.FromDays(1), [], TestRelays.Seed(9998));
        NetworkDocument.TryParse(other, TestRelays.PublicKey(TestRelays.Seed(9998)), TestRelays.Now, out NetworkDocument? theirs);
        Assert.False(ours.NetworkId.Span.SequenceEqual(theirs!.NetworkId.Span));
        Assert.True(theirs.IsTestNetwork);
    }
}
