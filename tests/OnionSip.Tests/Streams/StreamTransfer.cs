using System;
using OnionSip.Machines;
using OnionSip.Streams;
using OnionSip.Wire;
using Xunit;

namespace OnionSip.Tests.Streams;

/// <summary>Writes known bytes on one end of a stream in odd pieces and checks what the other end reads.</summary>
internal sealed class StreamTransfer(StreamMux from, StreamMux to, StreamId stream, SeededEntropy entropy, int bytes)
{
    private readonly byte[] _content = Random(entropy, bytes);
    private readonly byte[] _buffer = new byte[5_000];
    private int _written;
    private int _read;
    private bool _finishAsked;
    private int _finished;
    private int _resets;


    public void Work()
    {
        int piece = Math.Min(_content.Length - _written, 1 + entropy.NextInt32(5_000));
        _written += from.Write(stream, _content.AsSpan(_written, piece));
        if (_written == _content.Length && !_finishAsked)
        {
            _finishAsked = true;
            from.Finish(stream);
        }

        int taken = to.Read(stream, _buffer.AsSpan(0, 1 + entropy.NextInt32(_buffer.Length)));
        Assert.True(_buffer.AsSpan(0, taken).SequenceEqual(_content.AsSpan(_read, taken)), "bytes differ");
        _read += taken;
    }

    public void Note(StreamMux mux, MuxEvent happened)
    {
        if (happened.Stream != stream)
        {
            return;
        }

        _resets += happened.Kind == MuxEventKind.StreamReset ? 1 : 0;
        if (mux == to && happened.Kind == MuxEventKind.StreamFinished)
        {
            _finished++;
        }
    }

    public void AssertComplete(ulong seed) => Assert.Equal(
        $"seed {seed}: {_content.Length} read, 1 end, 0 resets",
        $"seed {seed}: {_read} read, {_finished} end, {_resets} resets");

    private static byte[] Random(SeededEntropy entropy, int bytes)
    {
        byte[] content = new byte[bytes];
        entropy.Fill(content);
        return content;
    }
}
