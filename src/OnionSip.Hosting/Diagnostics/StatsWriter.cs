using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using OnionSip.Hosting.Secrets;
using OnionSip.Machines;

namespace OnionSip.Hosting.Diagnostics;

/// <summary>Counters as one flat JSON object. (HOST.STATS)</summary>
/// <remarks>
/// Unless <paramref name="isExact"/>, a count is rounded up to a power of two from 16 on, and below that to 0 or 16, so that a single
/// call does not show.
/// </remarks>
public sealed class StatsWriter(bool isExact)
{
    private const long SmallestShown = 16;

    private readonly List<KeyValuePair<string, long>> _counts = [];

    /// <summary>Counts are written as they are: on a test network only.</summary>
    public bool IsExact => isExact;

    public static long Round(long value) =>
        value <= 0 ? 0 : value <= SmallestShown ? SmallestShown : (long)BitOperations.RoundUpToPowerOf2((ulong)value);

    public void Add(string name, long value) => _counts.Add(new(name, isExact ? value : Round(value)));

    /// <summary>Every reason that was counted, as <c>prefix.reason</c>.</summary>
    public void Add<TReason>(string prefix, DropCounters<TReason> drops)
        where TReason : unmanaged, Enum
    {
        foreach (TReason reason in Enum.GetValues<TReason>())
        {
            if (drops[reason] != 0)
            {
                Add(prefix + "." + reason, drops[reason]);
            }
        }
    }

    /// <summary>The same, added up over several counters.</summary>
    public void Add<TOwner, TReason>(string prefix, IReadOnlyList<TOwner> owners, Func<TOwner, DropCounters<TReason>> drops)
        where TReason : unmanaged, Enum
    {
        foreach (TReason reason in Enum.GetValues<TReason>())
        {
            long sum = 0;
            foreach (TOwner owner in owners)
            {
                sum += drops(owner)[reason];
            }

            if (sum != 0)
            {
                Add(prefix + "." + reason, sum);
            }
        }
    }

    /// <summary>Processor time and memory of this process.</summary>
    public void AddProcess()
    {
        Add("process.cpu_us", (long)Environment.CpuUsage.TotalTime.TotalMicroseconds);
        Add("process.allocated_bytes", GC.GetTotalAllocatedBytes());
        Add("process.resident_bytes", Environment.WorkingSet);
    }

    /// <summary>What the collector did to this process. (HOST.COLLECTOR)</summary>
    /// <remarks>The longest pause is that of the last collection of each kind, which is all the framework keeps.</remarks>
    public void AddCollections()
    {
        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            Add("gc.collections_" + generation.ToString(CultureInfo.InvariantCulture), GC.CollectionCount(generation));
        }

        TimeSpan longest = TimeSpan.Zero;
        foreach (GCKind kind in (ReadOnlySpan<GCKind>)[GCKind.Ephemeral, GCKind.FullBlocking, GCKind.Background])
        {
            foreach (TimeSpan pause in GC.GetGCMemoryInfo(kind).PauseDurations)
            {
                longest = pause > longest ? pause : longest;
            }
        }

        Add("gc.longest_pause_us", (long)longest.TotalMicroseconds);
        Add("gc.total_pause_us", (long)GC.GetTotalPauseDuration().TotalMicroseconds);
    }

    public byte[] ToJson()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new() { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteBoolean("exact", isExact);
            foreach ((string name, long value) in _counts)
            {
                json.WriteNumber(name, value);
            }

            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    public void WriteTo(string file) => SecretFolder.Replace(file, ToJson());
}
