using OnionSip.Wire;

namespace OnionSip.Circuits;

/// <summary>Which of the newest 64 indexes of a direction came. (CIRCUIT.REPORT)</summary>
internal sealed class SlotHistory
{
    private const int Bits = 64;

    private long _newest = -1;
    private ulong _bits;

    internal SlotBitmap Bitmap => new(unchecked((uint)_newest), _bits);

    internal void Reset()
    {
        _newest = -1;
        _bits = 0;
    }

    internal void Note(long index)
    {
        if (index > _newest)
        {
            long step = index - _newest;
            _bits = step >= Bits ? 0 : _bits << (int)step;
            _newest = index;
        }

        long back = _newest - index;
        if (back < Bits)
        {
            _bits |= 1UL << (int)back;
        }
    }
}
