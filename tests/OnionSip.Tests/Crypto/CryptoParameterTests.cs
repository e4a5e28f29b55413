using System.IO;
using OnionSip.Crypto;
using Xunit;

namespace OnionSip.Tests.Crypto;

/// <summary>CRYPTO.REPLAY, CRYPTO.NOISE, CRYPTO.LABELS: the parameter table and the code say the same.</summary>
public sealed class CryptoParameterTests
{
    [Theory]
    [InlineData("crypto.replay_bitmap", ReplayWindow.BitmapBits)]
    [InlineData("crypto.replay_window", ReplayWindow.WindowCounters)]
    [InlineData("crypto.handshake_message", HandshakeState.MaxMessageBytes)]
    [InlineData("crypto.label", Labels.MaxBytes)]
    [InlineData("crypto.prologue", Prologue.Bytes)]
    public void Table_HasTheConstant(string name, int value)
    {
        string[] row = [];
        foreach (string line in File.ReadLines(RepositoryFiles.Find("specs", "parameters.md")))
        {
            if (line.StartsWith("| " + name + " |", System.StringComparison.Ordinal))
            {
                row = line.Split('|');
            }
        }

        Assert.Equal(9, row.Length);
        Assert.Equal(value.ToString(System.Globalization.CultureInfo.InvariantCulture), row[5].Trim());
    }
}
