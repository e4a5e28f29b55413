using System.Collections.Generic;
using OnionSip.Wire;

namespace OnionSip.Streams;

/// <summary>Streams that were reset and whose event nobody took yet. (STREAM.EVENTS)</summary>
/// <remarks>Bounds: four for each stream that may be open; events beyond that are dropped, the oldest first.</remarks>
internal sealed class ResetEvents(int maxStreams)
{
    private readonly Queue<StreamId> _streams = new(maxStreams * 4);

    public void Add(StreamId stream)
    {
        if (_streams.Count == maxStreams * 4)
        {
            _streams.Dequeue();
        }

        _streams.Enqueue(stream);
    }

    public bool TryTake(out StreamId stream) => _streams.TryDequeue(out stream);
}
