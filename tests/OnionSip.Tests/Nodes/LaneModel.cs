using System.Collections.Generic;

namespace OnionSip.Tests.Nodes;

/// <summary>A guard's forward lane by the letter of CIRCUIT.TICK, in true time: what the client's ticks do to it.</summary>
internal sealed class LaneModel(double phase)
{
    private const double Period = 20;
    private const double Margin = 2;

    private readonly Dictionary<long, double> _held = [];
    private double _shortest = double.MaxValue;
    private long _difference;
    private long _tick;
    private int _late;
    private int _lateTicks;
    private int _heldTicks;
    private bool _wasLate;
    private bool _isAwake;

    public int Shifts { get; private set; }

    public int Fills { get; private set; }

    public double NextTick => phase + (_tick * Period);

    public void Arrive(double now, long index)
    {
        if (!_isAwake)
        {
            long first = _tick;
            while (phase + (first * Period) < now + Margin)
            {
                first++;
            }

            _difference = first - index;
            _isAwake = true;
        }

        if (index + _difference < _tick)
        {
            _late++;
            _wasLate = true;
            return;
        }

        _held[index] = now;
    }

    /// <summary>Runs the tick at <see cref="NextTick"/>.</summary>
    public void Tick()
    {
        long index = _tick - _difference;
        if (_held.Remove(index, out double arrived))
        {
            _shortest = System.Math.Min(_shortest, NextTick - arrived);
        }
        else
        {
            Fills += _isAwake ? 1 : 0;
        }

        _tick++;
        if (++_lateTicks == 64)
        {
            Shift(_late > 2 ? 1 : 0);
            _late = 0;
            _lateTicks = 0;
        }

        if (++_heldTicks == 512)
        {
            Shift(!_wasLate && _shortest is > 25 and < double.MaxValue ? -1 : 0);
            _heldTicks = 0;
            _wasLate = false;
            _shortest = double.MaxValue;
        }
    }

    private void Shift(int by)
    {
        _difference += by;
        Shifts += by == 0 ? 0 : 1;
    }
}
