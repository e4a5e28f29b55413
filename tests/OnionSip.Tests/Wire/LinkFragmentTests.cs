using System;
using OnionSip.Machines;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Wire;

/// <summary>WIRE.LINK-MESSAGE, WIRE.SEALED, LINK.FRAGMENT</summary>
public sealed class LinkFragmentTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(239)]
    [InlineData(240)]
    [InlineData(241)]
    [InlineData(1301)]
    [InlineData(1920)]
    public void AnyOneFragmentLost_MessageIsRestored(int bytes)
    {
        byte[] message = Message(bytes);
        FragmentSplitter splitter = new(LinkCommand.Create, new(7), message);
        FragmentJoiner joiner = new();
        byte[] cell = new byte[WireLayout.CellBytes];
        for (int lost = 0; lost <= splitter.CellCount; lost++)
        {
            joiner.Reset();
            FragmentJoin join = FragmentJoin.More;
            for (int sent = splitter.Count; sent >= 0; sent--)
            {
                splitter.WriteCell(sent, cell);
                Assert.Equal(WireParse.None, LinkFragment.Parse(cell, out LinkFragment fragment));
                join = sent == lost || join == FragmentJoin.Complete ? join : joiner.Add(in fragment);
            }

            Assert.Equal(FragmentJoin.Complete, join);
            Assert.Equal(message, joiner.Message);
        }
    }

    [Fact]
    public void TwoFragmentsLost_MessageStaysIncomplete()
    {
        FragmentSplitter splitter = new(LinkCommand.Created, new(7), Message(700));
        FragmentJoiner joiner = new();
        Assert.Equal(FragmentJoin.More, Add(joiner, splitter, 0));
        Assert.Equal(FragmentJoin.Duplicate, Add(joiner, splitter, 0));
        Assert.Equal(FragmentJoin.More, Add(joiner, splitter, 3));
        Assert.Equal(0, joiner.Message.Length);
        Assert.Equal(FragmentJoin.Complete, Add(joiner, splitter, 1));
        Assert.Equal(FragmentJoin.Duplicate, Add(joiner, splitter, 2));
    }

    [Fact]
    public void ContradictingFragment_IsIgnored()
    {
        FragmentJoiner joiner = new();
        FragmentSplitter splitter = new(LinkCommand.Create, new(7), Message(700));
        FragmentSplitter shorter = new(LinkCommand.Create, new(7), Message(400));
        FragmentSplitter other = new(LinkCommand.Create, new(7), Message(690));
        Assert.Equal(FragmentJoin.More, Add(joiner, splitter, 2));
        Assert.Equal(FragmentJoin.Mismatch, Add(joiner, shorter, 0));
        Assert.Equal(FragmentJoin.Mismatch, Add(joiner, other, 3));
        Assert.Equal(FragmentJoin.More, Add(joiner, splitter, 0));
        Assert.Equal(FragmentJoin.Complete, Add(joiner, splitter, 3));
        Assert.Equal(Message(700), joiner.Message);
    }

    [Fact]
    public void ParityThatContradictsTheFill_IsRefused()
    {
        FragmentSplitter splitter = new(LinkCommand.Create, new(7), Message(250));
        byte[] cell = new byte[WireLayout.CellBytes];
        splitter.WriteCell(2, cell);
        cell[^1] ^= 1;
        FragmentJoiner joiner = new();
        Assert.Equal(FragmentJoin.More, Add(joiner, splitter, 0));
        Assert.True(LinkFragment.TryParse(cell, out LinkFragment parity));
        // The lie shows where the restored last fragment is not zero-filled.
        Assert.Equal(FragmentJoin.Mismatch, joiner.Add(in parity));
    }

    [Theory]
    [InlineData(0, 5, WireParse.BadType)]
    [InlineData(4, 0, WireParse.BadId)]
    [InlineData(5, 3, WireParse.BadCount)]
    [InlineData(6, 0, WireParse.BadCount)]
    [InlineData(6, 9, WireParse.BadCount)]
    [InlineData(7, 239, WireParse.BadLength)]
    [InlineData(7, 241, WireParse.BadLength)]
    public void MalformedHeader_IsRefused(int offset, byte value, WireParse expected)
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        new FragmentSplitter(LinkCommand.Create, new(7), Message(300)).WriteCell(0, cell);
        cell[offset] = value;
        Assert.Equal(expected, LinkFragment.Parse(cell, out _));
        Assert.Equal(WireParse.BadLength, LinkFragment.Parse(cell.AsSpan(1), out _));
    }

    [Fact]
    public void FillOfTheLastFragment_MustBeZero()
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        new FragmentSplitter(LinkCommand.Create, new(7), Message(300)).WriteCell(1, cell);
        cell[^1] = 1;
        Assert.Equal(WireParse.NonZeroFill, LinkFragment.Parse(cell, out _));
    }

    [Fact]
    public void SmallLinkMessages_RoundTripAndRefuseFill()
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        LinkMessage.WritePing(cell, 0x0102030405060708);
        Assert.Equal(WireParse.None, LinkMessage.ParseCommand(cell, out LinkCommand command));
        Assert.Equal(WireParse.None, LinkMessage.ParseToken(cell, out ulong token));
        Assert.Equal((LinkCommand.Ping, 0x0102030405060708ul), (command, token));
        cell[9] = 1;
        Assert.Equal(WireParse.NonZeroFill, LinkMessage.ParseToken(cell, out _));
        LinkMessage.WriteDestroy(cell, new(9));
        Assert.Equal(WireParse.None, LinkMessage.ParseDestroy(cell, out CircuitId circuit));
        Assert.Equal(9u, circuit.Value);
        LinkMessage.WriteDestroy(cell, new(0));
        Assert.Equal(WireParse.BadId, LinkMessage.ParseDestroy(cell, out _));
        LinkMessage.WriteClose(cell);
        Assert.Equal(WireParse.None, LinkMessage.ParseEmpty(cell));
        cell[0] = 7;
        Assert.Equal(WireParse.BadType, LinkMessage.ParseCommand(cell, out _));
    }

    private static FragmentJoin Add(FragmentJoiner joiner, FragmentSplitter splitter, int index)
    {
        byte[] cell = new byte[WireLayout.CellBytes];
        splitter.WriteCell(index, cell);
        Assert.True(LinkFragment.TryParse(cell, out LinkFragment fragment));
        return joiner.Add(in fragment);
    }

    private static byte[] Message(int bytes)
    {
        byte[] message = new byte[bytes];
        new SeededEntropy((ulong)bytes).Fill(message);
        return message;
    }
}
