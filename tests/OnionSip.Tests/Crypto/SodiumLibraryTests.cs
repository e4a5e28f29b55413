using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.LIBSODIUM</summary>
public sealed class SodiumLibraryTests
{
    /// <summary>CRYPTO.LIBSODIUM: loading twice is harmless, and our import name resolves while others are left alone.</summary>
    [Fact]
    public void InstalledLibrary_Loads()
    {
        SodiumLibrary.EnsureLoaded();
        SodiumLibrary.EnsureLoaded();
        Assert.NotEqual(0, SodiumLibrary.Resolve(SodiumLibrary.ImportName));
        Assert.Equal(0, SodiumLibrary.Resolve("libc"));
    }

    /// <summary>CRYPTO.LIBSODIUM: where nothing is found the message says what to install.</summary>
    [Fact]
    public void MissingLibrary_IsSaidPlainly()
    {
        SodiumMissingException missing = Assert.Throws<SodiumMissingException>(
            () => SodiumLibrary.Require(SodiumLibrary.Load(["no-such-libsodium.so.0"])));
        Assert.Contains("apt install libsodium23", missing.Message);
    }
}
