using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using OnionSip.Media;
using OnionSip.Nodes;
using OnionSip.Sip;
using Xunit;

namespace OnionSip.Tests.Gateway;

/// <summary>The rows media.*, gateway.* and sip.location_* of specs/parameters.md against the code. (SIP.GATEWAY.LIMITS, MEDIA.ANCHOR, SIP.LOCATION)</summary>
public sealed class GatewayParameterTests
{
    private static readonly Dictionary<string, double> s_code = new()
    {
        ["ServerLocation.MaxTargets"] = ServerLocation.MaxTargets,
        ["ServerLocation.MaxCandidates"] = ServerLocation.MaxCandidates,
        ["RtpPacket.MaxBytes"] = RtpPacket.MaxBytes,
        ["RtcpCompound.MaxPackets"] = RtcpCompound.MaxPackets,
        ["RtcpSession.IntervalMilliseconds"] = RtcpSession.IntervalMilliseconds,
        ["RtpReception.LateMilliseconds"] = RtpReception.LateMilliseconds,
        ["RtpReception.MaxJump"] = RtpReception.MaxJump,
        ["Repacketiser.Capacity"] = Repacketiser.Capacity,
        ["DriftQueue.Capacity"] = DriftQueue.Capacity,
        ["DriftQueue.PauseTicks"] = DriftQueue.PauseTicks,
        ["DriftQueue.SettleTicks"] = DriftQueue.SettleTicks,
        ["DriftQueue.StandingTicks"] = DriftQueue.StandingTicks,
        ["EventRelay.MinTicks"] = EventRelay.MinTicks,
        ["EventRelay.MaxTicks"] = EventRelay.MaxTicks,
        ["EventRelay.SilentTicks"] = EventRelay.SilentTicks,
        ["EventRelay.QueueLength"] = EventRelay.QueueLength,
        ["MediaOutbox.Capacity"] = MediaOutbox.Capacity,
        ["MediaAnchor.TickMilliseconds"] = MediaAnchor.TickMilliseconds,
        ["MediaAnchor.MaxTicksAtOnce"] = MediaAnchor.MaxTicksAtOnce,
        ["GatewayLimits.MaxAccounts"] = GatewayLimits.MaxAccounts,
        ["GatewayLimits.MaxExchanges"] = GatewayLimits.MaxExchanges,
        ["GatewayLimits.MaxPhoneConnections"] = GatewayLimits.MaxPhoneConnections,
        ["GatewayLimits.MaxRelays"] = GatewayLimits.MaxRelays,
        ["GatewayLimits.MaxRinging"] = GatewayLimits.MaxRinging,
        ["GatewayLimits.MaxForks"] = GatewayLimits.MaxForks,
        ["GatewayLimits.MaxNonces"] = GatewayLimits.MaxNonces,
        ["GatewayLimits.MaxQuestions"] = GatewayLimits.MaxQuestions,
        ["OutgoingCall.MaxRedirections"] = OutgoingCall.MaxRedirections,
        ["GatewayLimits.LocalExpirySeconds"] = GatewayLimits.LocalExpirySeconds,
        ["GatewayLimits.ProviderExpirySeconds"] = GatewayLimits.ProviderExpirySeconds,
        ["GatewayLimits.MaxProviderExpirySeconds"] = GatewayLimits.MaxProviderExpirySeconds,
        ["GatewayLimits.RefreshMarginSeconds"] = GatewayLimits.RefreshMarginSeconds,
        ["GatewayLimits.Patience"] = GatewayLimits.Patience.TotalMilliseconds,
        ["GatewayLimits.PhoneSilence"] = GatewayLimits.PhoneSilence.TotalMilliseconds,
        ["GatewayLimits.IdleRelease"] = GatewayLimits.IdleRelease.TotalMilliseconds,
        ["GatewayLimits.KeepAlive"] = GatewayLimits.KeepAlive.TotalMilliseconds,
        ["GatewayLimits.BackOffFirst"] = GatewayLimits.BackOffFirst.TotalMilliseconds,
        ["GatewayLimits.BackOffMax"] = GatewayLimits.BackOffMax.TotalMilliseconds,
    };

    [Fact]
    public void EveryDefault_IsTheOneOfThePage()
    {
        int found = 0;
        foreach (string line in File.ReadAllLines(FindPage()))
        {
            string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
            bool ours = cells.Length >= 8 && (cells[1].StartsWith("media.", StringComparison.Ordinal)
                || cells[1].StartsWith("gateway.", StringComparison.Ordinal) || cells[1].StartsWith("sip.location_", StringComparison.Ordinal));
            if (ours && s_code.TryGetValue(cells[7], out double value))
            {
                Assert.Equal(value, double.Parse(cells[5], CultureInfo.InvariantCulture));
                found++;
            }
        }

        Assert.Equal(s_code.Count, found);
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
