using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace OnionSip.Hosting.Providers;

/// <summary>What TLS takes for a network connection: one queue in, one queue out. (HOST.TLS)</summary>
internal sealed class QueueStream(ByteQueue incoming, ByteQueue outgoing, Action written) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        incoming.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        incoming.ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // The reader must learn of a part before the rest can find room.
        while (!buffer.IsEmpty)
        {
            int taken = outgoing.TryWrite(buffer.Span);
            buffer = buffer[taken..];
            if (taken > 0)
            {
                written();
                continue;
            }

            if (!await outgoing.WriteAsync(buffer[..1], cancellationToken).ConfigureAwait(false))
            {
                throw new IOException("the connection has ended");
            }

            buffer = buffer[1..];
            written();
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
