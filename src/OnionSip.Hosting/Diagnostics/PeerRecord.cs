using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading;
using OnionSip.Hosting.Secrets;
using OnionSip.Machines;

namespace OnionSip.Hosting.Diagnostics;

/// <summary>The source addresses a test relay's sockets saw, for the table of who saw what. (HOST.TEST-NETWORK)</summary>
/// <remarks>Exists only on a test network that asks for it. Bounds: <see cref="MaxPeers"/> addresses, later ones are
/// counted. Shards share it.</remarks>
public sealed class PeerRecord
{
    public const int MaxPeers = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<PeerAddress, long> _counts = [];
    private long _left;

    /// <summary>Notes datagrams of one sender.</summary>
    public void Count(PeerAddress from, int datagrams)
    {
        lock (_lock)
        {
            if (_counts.TryGetValue(from, out long count))
            {
                _counts[from] = count + datagrams;
            }
            else if (_counts.Count < MaxPeers)
            {
                _counts.Add(from, datagrams);
            }
            else
            {
                _left += datagrams;
            }
        }
    }

    public void WriteTo(string file)
    {
        ArrayBufferWriter<byte> buffer = new();
        lock (_lock)
        {
            Write(buffer);
        }

        SecretFolder.Replace(file, buffer.WrittenSpan);
    }

    private void Write(ArrayBufferWriter<byte> buffer)
    {
        using (Utf8JsonWriter json = new(buffer, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("peers");
            foreach ((PeerAddress address, long count) in _counts)
            {
                json.WriteStartObject();
                json.WriteString("address", address.Reveal());
                json.WriteNumber("datagrams", count);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("not_kept", _left);
            json.WriteEndObject();
        }
    }
}
