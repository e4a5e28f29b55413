using System.Text.Json;
using OnionSip.Nodes;

namespace OnionSip.Hosting.Gateways;

/// <summary>The bodies of a gateway's events; accounts and calls are numbers, nothing in them names anybody. (HOST.EVENTS)</summary>
internal static class GatewayEventJson
{
    internal static void Write(Utf8JsonWriter json, PathBuilt built)
    {
        json.WriteNumber("path", built.Path.Value);
        json.WriteStartArray("relays");
        foreach (string name in built.Relays)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
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
}
