using OnionSip.Machines;
using OnionSip.Nodes;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Nodes;

/// <summary>NODE.TRANSMIT: no link has more than its part of a ring that fills up.</summary>
public sealed class TransmitRingTests
{
    private const int Capacity = 64;

    private readonly TransmitRing _ring = new(Capacity);
    private readonly byte[] _datagram = new byte[WireLayout.DatagramBytes];

    [Fact]
    public void LinkThatFloods_LeavesHalf()
    {
        Assert.Equal(Capacity / 2, Fill(7));
        Assert.Equal(Capacity / 8, Fill(8));
        Assert.Equal(Capacity / 8, Fill(9));
        Assert.True(_ring.HasRoomFor(default));
        for (int taken = 0; taken < 20; taken++)
        {
            Assert.True(_ring.TryTake(_datagram, out _));
        }

        Assert.Equal(4, Fill(7));
    }

    [Fact]
    public void Counts_FollowWhatIsTaken()
    {
        for (int round = 0; round < 50; round++)
        {
            Assert.Equal(Capacity / 2, Fill(1 + round));
            while (_ring.TryTake(_datagram, out _))
            {
            }
        }
    }

    private int Fill(int link)
    {
        int put = 0;
        while (!_ring.IsFull && _ring.HasRoomFor(new LinkId(link)))
        {
            _ring.NextSlot().Clear();
            _ring.Commit(new Transmit(new(IpAddress.FromIPv4(1), 1), WireLayout.DatagramBytes), new LinkId(link));
            put++;
        }

        return put;
    }
}
