using System;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Diagnostics;

namespace OnionSip.Hosting.Relays;

/// <summary>What a test network's relay writes down, shared by its shards. (HOST.TEST-NETWORK)</summary>
public sealed class RelayRecords(RelayConfig config) : IDisposable
{
    public PeerRecord? Peers { get; } = config.RecordPeersFile is null ? null : new();

    public MediaRecord? Media { get; } = config.RecordMediaFile is { } file ? new(file) : null;

    public void Write()
    {
        Peers?.WriteTo(config.RecordPeersFile!);
        Media?.Flush();
    }

    public void Dispose() => Media?.Dispose();
}
