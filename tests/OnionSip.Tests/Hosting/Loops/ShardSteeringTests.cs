using System;
using System.Buffers.Binary;
using System.Net.Sockets;
using OnionSip.Hosting.Loops;
using OnionSip.Hosting.Trains;
using OnionSip.Machines;
using OnionSip.Tests.Hosting.Trains;
using Xunit;

namespace OnionSip.Tests.Hosting.Loops;

/// <summary>Two shards on one address: a datagram reaches the one its receiver index names. (HOST.SHARDS)</summary>
public sealed class ShardSteeringTests : IDisposable
{
    private const int Datagrams = 200;

    private readonly HostClock _clock = new(TimeProvider.System);
    private readonly EventLoop[] _loops;
    private readonly FakeTrainMachine[] _machines = [new(), new()];
    private readonly ShardLoop<FakeTrainMachine, int>[] _shards = new ShardLoop<FakeTrainMachine, int>[2];

    public ShardSteeringTests()
    {
        _loops = [new(_clock), new(_clock)];
        PeerAddress address = TrainWire.AnyPort(true);
        for (int index = 0; index < 2 && TrainPort.IsNativeAvailable; index++)
        {
            _shards[index] = new(_loops[index], _machines[index], _machines[index], new ShardPorts { Announced = [address], IsShared = true });
            address = _shards[0].LocalAddress(0);
        }
    }

    public void Dispose()
    {
        Array.ForEach(_shards, static shard => shard?.Dispose());
        Array.ForEach(_loops, static loop => loop.Dispose());
    }

    [Theory]
    [InlineData(0x000010, 0)]
    [InlineData(0x000001, 1)]
    [InlineData(0xABCDE0, 0)]
    [InlineData(0xABCDE1, 1)]
    [InlineData(0x010000, 0)]
    [InlineData(0x000100, 0)]
    [InlineData(0xFFFFF1, 1)]
    public void NamedShard_GetsAll(int receiverIndex, int shard)
    {
        Assert.SkipUnless(TrainPort.IsNativeAvailable, "steering is for 64-bit Linux");
        _shards[0].Steer();
        SendFromManyPorts(receiverIndex);
        Assert.Equal(Datagrams, _machines[shard].Datagrams);
        Assert.Equal(0, _machines[1 - shard].Datagrams);
    }

    /// <summary>A handshake, and a shard that there is not: by the addresses, so that one peer always meets the same.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0x00000F)]
    public void OtherIndex_IsSpreadByAddress(int receiverIndex)
    {
        Assert.SkipUnless(TrainPort.IsNativeAvailable, "steering is for 64-bit Linux");
        _shards[0].Steer();
        SendFromManyPorts(receiverIndex);
        Assert.True(_machines[0].Datagrams > 0);
        Assert.True(_machines[1].Datagrams > 0);
        Assert.Equal(Datagrams, _machines[0].Datagrams + _machines[1].Datagrams);
    }

    /// <summary>What steering is good for: without it, addresses alone decide.</summary>
    [Fact]
    public void WithoutSteering_TheNamedShardMissesSome()
    {
        Assert.SkipUnless(TrainPort.IsNativeAvailable, "steering is for 64-bit Linux");
        SendFromManyPorts(1);
        Assert.True(_machines[0].Datagrams > 0);
    }

    [Fact]
    public void OpenedLink_LeavesByTheShardsOwnSocket()
    {
        Assert.SkipUnless(TrainPort.IsNativeAvailable, "steering is for 64-bit Linux");
        using Socket peer = TrainWire.Plain(true);
        FakeTrainMachine machine = _machines[1];
        machine.SendOpened(TrainWire.AddressOf(peer), [1]);
        _ = _shards[1].Drain(_clock.Now);
        System.Net.EndPoint from = new System.Net.IPEndPoint(0, 0);
        _ = peer.ReceiveFrom(new byte[8], ref from);
        Assert.Equal(_shards[1].LocalAddress(1).Port, SocketNames.FromEndPoint(from).Port);
        Assert.NotEqual(_shards[1].LocalAddress(0).Port, _shards[1].LocalAddress(1).Port);
        Assert.Equal(_shards[0].LocalAddress(0), _shards[1].LocalAddress(0));
    }

    private void SendFromManyPorts(int receiverIndex)
    {
        byte[] datagram = new byte[280];
        BinaryPrimitives.WriteUInt32BigEndian(datagram, (uint)receiverIndex << 8);
        for (int count = 0; count < Datagrams / 10; count++)
        {
            using Socket peer = TrainWire.Plain(true);
            for (int each = 0; each < 10; each++)
            {
                _ = peer.SendTo(datagram, SocketNames.ToEndPoint(_shards[0].LocalAddress(0)));
            }
        }

        // Loopback delivers within the call, so all is waiting.
        for (int turn = 0; turn < Datagrams; turn++)
        {
            _loops[0].Turn(_shards[0], TimeSpan.Zero);
            _loops[1].Turn(_shards[1], TimeSpan.Zero);
        }
    }
}
