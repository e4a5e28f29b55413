using System.Linq;
using System.Text.Json;

namespace OnionSip.Demo.Runs;

/// <summary>What the gateway says became of the slots of a call's path (see NODE.VOICE-REPORT).</summary>
/// <param name="Sent">Forward slots that left the gateway.</param>
/// <param name="Reached">Of these, slots that the exit reported as come and good.</param>
/// <param name="Unreported">Slots that no report of the exit covers: the last second or so.</param>
/// <param name="Undeclared">Slots that did not come and that nobody says it filled.</param>
/// <param name="Skipped">Ticks that the gateway was a period or more too late for.</param>
/// <param name="ForwardFilled">Slots that each relay filled, guard first.</param>
/// <param name="BackwardReached">Backward slots that came.</param>
/// <param name="BackwardMissing">Backward slots of which nothing came, or nothing readable.</param>
/// <param name="BackwardFilled">Slots that each relay filled, guard first.</param>
public sealed record CallSlots(
    long Sent, long Reached, long Unreported, long Undeclared, long Skipped, string ForwardFilled, long BackwardReached,
    long BackwardMissing, string BackwardFilled)
{
    public static CallSlots? Read(JsonElement body) => !body.TryGetProperty("forward_sent", out JsonElement sent)
        ? null
        : new(
            sent.GetInt64(),
            Number(body, "forward_reached"),
            Number(body, "forward_unreported"),
            Number(body, "forward_undeclared"),
            Number(body, "ticks_skipped"),
            List(body, "forward_filled"),
            Number(body, "backward_reached"),
            Number(body, "backward_missing") + Number(body, "backward_undeclared"),
            List(body, "backward_filled"));

    private static long Number(JsonElement body, string name) => body.GetProperty(name).GetInt64();

    private static string List(JsonElement body, string name) =>
        string.Join(" + ", body.GetProperty(name).EnumerateArray().Select(static count => count.GetInt64()));
}
