using System.Collections.Generic;
using System.Text.Json.Nodes;
using OnionSip.Demo.Scores;

namespace OnionSip.Demo.Runs;

/// <summary>What one run of the demo measured.</summary>
public sealed record DemoReport
{
    public required IReadOnlyList<string> Path { get; init; }

    /// <summary>The relays of the call's own path.</summary>
    public required IReadOnlyList<string> CallPath { get; init; }

    /// <summary>What became of the slots of the call's path.</summary>
    public CallSlots? Slots { get; init; }

    public required string Phones { get; init; }

    public required string Speech { get; init; }

    public required double DialToRinging { get; init; }

    public required double DialToAudio { get; init; }

    public required MediaTimes Media { get; init; }

    public required int FramesReceived { get; init; }

    /// <summary>The caller's speech in the callee's recording.</summary>
    public required AudioScore ToCallee { get; init; }

    /// <summary>The callee's speech in the caller's recording.</summary>
    public required AudioScore ToCaller { get; init; }

    public required IReadOnlyList<string> ProviderSaw { get; init; }

    public required IReadOnlyList<string> GuardSaw { get; init; }

    public required bool CallerSeenByProvider { get; init; }

    public required bool CallerInAnyByteAtProvider { get; init; }

    /// <summary>What was searched for the caller's addresses.</summary>
    public required string Searched { get; init; }

    public required IReadOnlyList<SeenRow> Seen { get; init; }

    /// <summary>The sound arrived and neither claim is broken.</summary>
    public bool IsGood => ToCallee.IsGood && ToCaller.IsGood && !CallerSeenByProvider && !CallerInAnyByteAtProvider && Path.Count == 3;

    public JsonObject ToJson() => new()
    {
        ["path"] = Array(Path),
        ["call_path"] = Array(CallPath),
        ["slots_sent"] = Slots?.Sent,
        ["slots_reached"] = Slots?.Reached,
        ["slots_unreported"] = Slots?.Unreported,
        ["ticks_skipped"] = Slots?.Skipped,
        ["relays"] = DemoPlan.RelayCount,
        ["phones"] = Phones,
        ["dial_to_ringing_ms"] = Round(DialToRinging),
        ["dial_to_audio_ms"] = Round(DialToAudio),
        ["frames_sent"] = Media.Sent,
        ["frames_received"] = FramesReceived,
        ["audio_match"] = System.Math.Round(ToCallee.Match, 4),
        ["slips"] = ToCallee.Slips,
        ["added_one_way_ms_p50"] = Round(Media.Median),
        ["added_one_way_ms_p99"] = Round(Media.Percentile99),
        ["provider_saw_addresses"] = Array(ProviderSaw),
        ["guard_saw_addresses"] = Array(GuardSaw),
        ["caller_address_seen_by_provider"] = CallerSeenByProvider,
        ["caller_address_in_any_byte_at_provider"] = CallerInAnyByteAtProvider,
    };

    private static JsonArray Array(IReadOnlyList<string> texts)
    {
        JsonArray array = [];
        foreach (string text in texts)
        {
            array.Add(text);
        }

        return array;
    }

    private static double Round(double value) => System.Math.Round(value, 2);
}

/// <summary>One row of the table.</summary>
/// <param name="Party">Who.</param>
/// <param name="Addresses">The source addresses its sockets saw.</param>
/// <param name="Content">What it could read.</param>
public sealed record SeenRow(string Party, string Addresses, string Content);
