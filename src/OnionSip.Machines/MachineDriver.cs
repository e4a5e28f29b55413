using System;

namespace OnionSip.Machines;

/// <summary>The one driver: drains a machine after an input. The host and the simulator both use it. (MACHINE.DRAIN)</summary>
/// <remarks>
/// Events first, then datagrams, then computations, repeated until no poll has anything; an event handler may give the machine commands.
/// Computations go to a sink that takes them (<see cref="IWorkSink"/>), else they are run on the spot. (NODE.WORK)
/// Bounds: at most <see cref="MaxOutputsPerInput"/> outputs for one input, more is a bug of ours.
/// </remarks>
public sealed class MachineDriver<TMachine, TEvent, TSink>(TMachine machine, TSink sink)
    where TMachine : IMachine<TEvent>
    where TSink : IMachineSink<TEvent>
{
    /// <summary>Outputs one input may cause before the machine is taken to be looping.</summary>
    public const int MaxOutputsPerInput = 1_000_000;

    private readonly byte[] _buffer = new byte[2048];
    private Instant _last;

    /// <summary>Hands out everything the machine has; returns the next deadline.</summary>
    public Instant Drain(Instant now)
    {
        Invariant.Require(now >= _last, "time went backwards");
        _last = now;
        int outputs = 0;
        bool any = true;
        while (any)
        {
            any = false;
            while (machine.PollEvent(out TEvent nodeEvent))
            {
                any = true;
                sink.Event(in nodeEvent);
                Invariant.Require(++outputs <= MaxOutputsPerInput, "a machine keeps producing events");
            }

            while (machine.PollTransmit(now, _buffer, out Transmit transmit))
            {
                any = true;
                sink.Transmit(transmit.To, _buffer.AsSpan(0, transmit.Bytes));
                Invariant.Require(++outputs <= MaxOutputsPerInput, "a machine keeps producing datagrams");
            }

            any |= DrainWork(now);
        }

        return machine.PollTimeout();
    }

    /// <summary>Runs an expired deadline and drains; returns the next deadline.</summary>
    public Instant HandleTimeout(Instant now)
    {
        machine.HandleTimeout(now);
        return Drain(now);
    }

    private bool DrainWork(Instant now)
    {
        bool any = false;
        while (machine is IWorkMachine worker && worker.PollWork(now, out NodeWork? work))
        {
            if (sink is IWorkSink elsewhere)
            {
                elsewhere.Work(work);
                continue;
            }

            any = true;
            work.Run();
            worker.HandleWork(now, work);
        }

        return any;
    }
}
