using System;
using System.IO;
using System.Text;
using OnionSip.Directory;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Gateways;
using OnionSip.Hosting.Relays;
using OnionSip.Machines;
using OnionSip.Tests.Directory;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>An authority's folder, the file it signs, and the guards a client keeps. (HOST.AUTHORITY, HOST.NETWORK-FILE, HOST.GUARDS)</summary>
public sealed class NetworkFolderTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("onionsip-test-").FullName;

    [Fact]
    public void SignedFile_IsReadWithItsRelays_AndANewerDescriptorReplacesTheOlder()
    {
        AuthorityFolder authority = Authority(isTestNetwork: false);
        authority.Add(Descriptor(1, "1.2.3.4:9000"));
        authority.Add(Descriptor(2, "5.6.7.8:9000"));
        authority.Add(Descriptor(2, "5.6.7.9:9000"));
        string file = Path.Combine(_folder, "network");
        Assert.Equal(2, authority.Sign(file, TestRelays.Now, TimeSpan.FromDays(1)));
        NetworkDocument document = NetworkFile.Read(Config(file, authority), TestRelays.Now);
        Assert.Equal("5.6.7.9:9000", document.Find(RelayId.FromBytes(TestRelays.PublicKey(TestRelays.Seed(2))))!.Addresses[0].Reveal());
    }

    [Theory]
    [InlineData("127.0.1.1:9000")]
    [InlineData("192.168.1.1:9000")]
    public void PrivateAddress_IsTakenOnTestNetworksOnly(string address)
    {
        string descriptor = Descriptor(1, address);
        ProgramException error = Assert.Throws<ProgramException>(() => Authority(isTestNetwork: false).Add(descriptor));
        Assert.Contains("is not public; only a test network takes it", error.Message, StringComparison.Ordinal);
        System.IO.Directory.Delete(Path.Combine(_folder, "authority"), recursive: true);
        Assert.StartsWith("relay1 ", Authority(isTestNetwork: true).Add(descriptor), StringComparison.Ordinal);
    }

    [Fact]
    public void FolderOpenedAgain_IsTheSameAuthority()
    {
        AuthorityFolder made = Authority(isTestNetwork: true);
        Assert.Equal(made.PublicKeyText, AuthorityFolder.Open(Path.Combine(_folder, "authority")).PublicKeyText);
        Assert.Throws<IOException>(() => Authority(isTestNetwork: true));
    }

    [Fact]
    public void FileOfAnotherAuthority_IsRefusedWithASentence()
    {
        AuthorityFolder authority = Authority(isTestNetwork: false);
        string file = Path.Combine(_folder, "network");
        authority.Sign(file, TestRelays.Now, TimeSpan.FromDays(1));
        NetworkConfig other = Config(file, authority) with { AuthorityKey = new byte[32] };
        ProgramException error = Assert.Throws<ProgramException>(() => NetworkFile.Read(other, TestRelays.Now));
        Assert.Equal(ExitCodes.BadConfiguration, error.Code);
        Assert.EndsWith("it is not signed by the configured authority", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MissingFile_IsRefusedWithASentence()
    {
        NetworkConfig config = Config(Path.Combine(_folder, "none"), Authority(isTestNetwork: false));
        Assert.StartsWith(
            "the network file cannot be read", Assert.Throws<ProgramException>(() => NetworkFile.Read(config, TestRelays.Now)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Guards_AreReadBackInOrder()
    {
        RelayId[] guards = [Relay(2), Relay(1)];
        new GuardFile(_folder).Write(guards);
        Assert.Equal(guards, new GuardFile(_folder).Read());
    }

    [Fact]
    public void SpoiltGuardFile_CountsAsNone_AndALongOneIsNotReadWhole()
    {
        GuardFile file = new(_folder);
        Assert.Empty(file.Read());
        File.WriteAllText(Path.Combine(_folder, "guards"), "no key\n\nff\n");
        Assert.Empty(file.Read());
        StringBuilder many = new();
        for (int number = 0; number < 100; number++)
        {
            many.Append(Convert.ToHexStringLower(Relay(number).ToArray())).Append('\n');
        }

        File.WriteAllText(Path.Combine(_folder, "guards"), many.ToString());
        Assert.Equal(GuardFile.MaxLines, file.Read().Count);
    }

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    private static RelayId Relay(int number) => RelayId.FromBytes(TestRelays.PublicKey(TestRelays.Seed(number)));

    private static NetworkConfig Config(string file, AuthorityFolder authority) =>
        new(file, Convert.FromHexString(authority.PublicKeyText));

    private AuthorityFolder Authority(bool isTestNetwork) =>
        AuthorityFolder.Create(Path.Combine(_folder, "authority"), "Net1", isTestNetwork, new SeededEntropy(3));

    private string Descriptor(int number, string address)
    {
        string file = Path.Combine(_folder, "descriptor" + number);
        File.WriteAllBytes(file, TestRelays.Descriptor(number, address).Sign(TestRelays.Seed(number)));
        return file;
    }
}
