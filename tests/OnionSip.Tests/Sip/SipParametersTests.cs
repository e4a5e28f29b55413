using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using OnionSip.Media;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Sip;

/// <summary>
/// The rows sip.* and sdp.* of specs/parameters.md against the code. (SIP.LIMITS, SIP.TX.TIMERS, MEDIA.SDP)
/// </summary>
public sealed class SipParametersTests
{
    [Fact]
    public void EveryDefault_IsTheOneOfThePage()
    {
        TransactionOptions options = new();
        Dictionary<string, double> code = new()
        {
            ["SipLimits.MaxMessageBytes"] = SipLimits.MaxMessageBytes,
            ["SipLimits.MaxHeaders"] = SipLimits.MaxHeaders,
            ["SipLimits.MaxHeaderLineBytes"] = SipLimits.MaxHeaderLineBytes,
            ["SipLimits.MaxWrittenLineBytes"] = SipLimits.MaxWrittenLineBytes,
            ["SipLimits.MaxParameters"] = SipLimits.MaxParameters,
            ["SipLimits.MaxListValues"] = SipLimits.MaxListValues,
            ["SipLimits.MaxChallenges"] = SipLimits.MaxChallenges,
            ["TransactionOptions.DefaultMaxTransactions"] = options.MaxTransactions,
            ["TransactionOptions.DefaultMaxOutbox"] = options.MaxOutbox,
            ["TransactionOptions.T1"] = options.T1.TotalMilliseconds,
            ["TransactionOptions.T2"] = options.T2.TotalMilliseconds,
            ["TransactionOptions.T4"] = options.T4.TotalMilliseconds,
            ["TransactionOptions.TimerC"] = options.TimerC.TotalMilliseconds,
            ["SdpLimits.MaxBytes"] = SdpLimits.MaxBytes,
            ["SdpLimits.MaxLines"] = SdpLimits.MaxLines,
            ["SdpLimits.MaxMedia"] = SdpLimits.MaxMedia,
            ["SdpLimits.MaxFormats"] = SdpLimits.MaxFormats,
            ["SdpOffer.PacketTime"] = SdpOffer.PacketTime,
        };
        int found = 0;
        foreach (string line in File.ReadAllLines(FindPage()))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (cells.Length >= 8 && code.TryGetValue(cells[7], out double value))
            {
                Assert.Equal(value, double.Parse(cells[5], CultureInfo.InvariantCulture));
                found++;
            }
        }

        Assert.Equal(code.Count, found);
    }

    private static string FindPage()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "specs", "parameters.md")))
        {
            folder = folder.Parent;
        }

        Assert.NotNull(folder);
        return Path.Combine(folder.FullName, "specs", "parameters.md");
    }
}
