using System;
using System.Threading;

namespace OnionSip.Benchmarks.Loads;

/// <summary>
/// A thread on one processor, ahead of all others where the system grants it, that wakes every 2 ms and notes how late: what it sees is
/// the machine's own doing, not the relay's.
/// </summary>
internal sealed class StallProbe : IDisposable
{
    private const long Every = 2_000_000;
    private readonly Thread _thread;
    private readonly Histogram _late = new();
    private volatile bool _stop;

    public StallProbe(int processor)
    {
        Processor = processor;
        _thread = new(Watch) { IsBackground = true, Name = "stall-probe" };
        _thread.Start();
    }

    public int Processor { get; }

    public bool IsFirst { get; private set; }

    /// <summary>One sentence on what the machine did since the start.</summary>
    public string Report() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"stall probe on processor {Processor}{(IsFirst ? "" : " (ordinary priority)")}: woke late p99 {_late.Milliseconds(0.99):0.00} ms, p99.9 {_late.Milliseconds(0.999):0.00} ms, longest {_late.MaxMilliseconds:0.0} ms, over 5 ms {_late.CountFrom(5)} of {_late.Count}");

    public double MaxMilliseconds => _late.MaxMilliseconds;

    public void Clear() => _late.Clear();

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
    }

    private void Watch()
    {
        Kernel.PinThread(Processor);
        IsFirst = Kernel.TryBeFirst(20);
        long due = Kernel.Now();
        while (!_stop)
        {
            due += Every;
            Kernel.SleepUntil(due);
            long now = Kernel.Now();
            _late.Add(now - due);
            due = Math.Max(due, now - Every);
        }
    }
}
