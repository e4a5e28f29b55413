using System;
using System.IO;
using OnionSip.Hosting.Secrets;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>Secrets in files. (HOST.KEYS)</summary>
public sealed class KeyFileTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "onionsip-test-" + Path.GetRandomFileName());

    [Fact]
    public void KeysOfARelay_AreWrittenOnceAndReadBack()
    {
        using RelayKeys made = RelayKeys.Create(_folder, new SeededEntropy(1));
        using RelayKeys read = RelayKeys.Read(_folder, out string problem)!;
        Assert.Empty(problem);
        Assert.Equal(made.Identity, read.Identity);
        Assert.Equal(made.DerivePublicKeys(), read.DerivePublicKeys(), static (a, b) => a.Link.AsSpan().SequenceEqual(b.Link) && a.Onion.AsSpan().SequenceEqual(b.Onion));
        Assert.Throws<IOException>(() => RelayKeys.Create(_folder, new SeededEntropy(2)));
    }

    [Fact]
    public void File_IsForItsOwnerAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are a matter of Unix");
            return;
        }

        using RelayKeys made = RelayKeys.Create(_folder, new SeededEntropy(1));
        string file = Path.Combine(_folder, "link.key");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.Null(RelayKeys.Read(_folder, out string problem));
        Assert.Equal($"the key file {file} can be read by others; run: chmod 600 {file}", problem);
    }

    [Fact]
    public void AnotherKind_IsRefused()
    {
        System.IO.Directory.CreateDirectory(_folder);
        string file = Path.Combine(_folder, "k");
        KeyFile.Create(file, "one", new byte[32]);
        Assert.Equal($"{file} is no key file of kind two", KeyFile.Read(file, "two", new byte[32]));
        Assert.Null(KeyFile.Read(file, "one", new byte[32]));
    }

    public void Dispose()
    {
        if (System.IO.Directory.Exists(_folder))
        {
            System.IO.Directory.Delete(_folder, recursive: true);
        }
    }
}
