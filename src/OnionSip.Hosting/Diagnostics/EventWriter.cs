using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.Json;
using OnionSip.Hosting.Loops;

namespace OnionSip.Hosting.Diagnostics;

/// <summary>Events on the program's output: the ready line, and with <c>--json</c> one object a line. (HOST.EVENTS)</summary>
public sealed class EventWriter(TextWriter output, bool isJson, HostClock clock)
{
    /// <summary>The line a starter waits for.</summary>
    public void Ready(string name, params ReadOnlySpan<(string Key, string Value)> facts)
    {
        if (isJson)
        {
            Write("ready", [("name", name), .. facts]);
            return;
        }

        StringBuilder line = new("ready name=" + name);
        foreach ((string key, string value) in facts)
        {
            line.Append(' ').Append(key).Append('=').Append(value);
        }

        output.WriteLine(line);
        output.Flush();
    }

    /// <summary>An event of texts; nothing without <c>--json</c>.</summary>
    public void Write(string name, params ReadOnlySpan<(string Key, string Value)> facts)
    {
        if (!isJson)
        {
            return;
        }

        List<(string Key, string Value)> kept = [.. facts];
        Write(name, json =>
        {
            foreach ((string key, string value) in kept)
            {
                json.WriteString(key, value);
            }
        });
    }

    /// <summary>An event whose body the caller writes; nothing without <c>--json</c>.</summary>
    public void Write(string name, Action<Utf8JsonWriter> body)
    {
        if (!isJson)
        {
            return;
        }

        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            json.WriteNumber("at_ms", clock.Now.Ticks / TimeSpan.TicksPerMillisecond);
            body(json);
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
        output.Flush();
    }
}
