using System;
using System.Collections.Generic;
using System.Text.Json;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Gateways;

/// <summary>The bodies of a gateway's events; accounts and calls are numbers, nothing in them names anybody. (HOST.EVENTS)</summary>
internal static class GatewayEventJson
{
    internal static void Write(Utf8JsonWriter json, PathBuilt built)
    {
        json.WriteNumber("path", built.Path.Value);
        WriteRelays(json, built.Relays);
    }

    internal static void Write(Utf8JsonWriter json, CallPathBuilt built)
    {
        json.WriteNumber("call", built.Call.Value);
        WriteRelays(json, built.Relays);
    }

    /// <summary>What became of the slots of a call's path. (NODE.VOICE-REPORT)</summary>
    internal static void Write(Utf8JsonWriter json, CallPathClosed closed)
    {
        json.WriteNumber("call", closed.Call.Value);
        json.WriteString("reason", closed.Reason.ToString());
        if (closed.Voice is not { } voice)
        {
            return;
        }

        json.WriteNumber("forward_sent", voice.ForwardSent);
        json.WriteNumber("forward_reached", voice.ForwardReached);
        json.WriteNumber("forward_undeclared", voice.ForwardUndeclared);
        json.WriteNumber("forward_unreported", voice.ForwardUnreported);
        json.WriteNumber("ticks_skipped", voice.TicksSkipped);
        json.WriteNumber("backward_reached", voice.BackwardReached);
        json.WriteNumber("backward_missing", voice.BackwardMissing);
        json.WriteNumber("backward_undeclared", voice.BackwardUndeclared);
        WriteFills(json, "forward_filled", voice.Hops, static hop => hop.Forward);
        WriteFills(json, "backward_filled", voice.Hops, static hop => hop.Backward);
        json.WriteNumber("datagrams_dropped", voice.DatagramsDropped);
        json.WriteNumber("clock_steps", voice.ClockSteps);
    }

    internal static void Write(Utf8JsonWriter json, PathGone gone)
    {
        json.WriteNumber("path", gone.Path.Value);
        json.WriteString("reason", gone.Reason.ToString());
    }

    internal static void Write(Utf8JsonWriter json, RegistrationChanged changed)
    {
        json.WriteNumber("account", changed.Account.Value);
        json.WriteBoolean("registered", changed.IsRegistered);
        json.WriteString("reason", changed.Reason.ToString());
    }

    internal static void Write(Utf8JsonWriter json, CallStarted started)
    {
        json.WriteNumber("call", started.Call.Value);
        json.WriteNumber("account", started.Account.Value);
        json.WriteBoolean("outgoing", started.IsOutgoing);
    }

    internal static void Write(Utf8JsonWriter json, CallEnded ended)
    {
        json.WriteNumber("call", ended.Call.Value);
        json.WriteString("reason", ended.Reason.ToString());
        json.WriteNumber("frames_sent", ended.Figures.FramesSent);
        json.WriteNumber("silence_sent", ended.Figures.SilenceSent);
        json.WriteNumber("frames_received", ended.Figures.FramesReceived);
        json.WriteNumber("frames_late", ended.Figures.FramesLate);
        json.WriteNumber("frames_missing", ended.Figures.FramesMissing);
        json.WriteNumber("slips", ended.Figures.Slips);
        json.WriteStartObject("kept_back");
        foreach ((LeakClass kind, long count) in ended.Leaks.Counted())
        {
            json.WriteNumber(kind.ToString(), count);
        }

        json.WriteEndObject();
    }

    private static void WriteRelays(Utf8JsonWriter json, IReadOnlyList<string> relays)
    {
        json.WriteStartArray("relays");
        foreach (string name in relays)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static void WriteFills(Utf8JsonWriter json, string name, IReadOnlyList<HopFills> hops, Func<HopFills, long> which)
    {
        json.WriteStartArray(name);
        foreach (HopFills hop in hops)
        {
            json.WriteNumberValue(which(hop));
        }

        json.WriteEndArray();
    }
}
