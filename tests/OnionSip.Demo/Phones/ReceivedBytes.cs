using System;
using System.Collections.Generic;
using System.Net;
using System.Text;
using System.Threading;

namespace OnionSip.Demo.Phones;

/// <summary>Everything that a party's sockets received: source and bytes, in order. This is what claims are checked against.</summary>
/// <remarks>Bounds: <see cref="BytesMax"/>; a run that brings more is no longer searched completely and says so.</remarks>
public sealed class ReceivedBytes
{
    public const int BytesMax = 64 << 20;

    private readonly Lock _gate = new();
    private readonly List<Piece> _pieces = [];
    private readonly Dictionary<IPEndPoint, int> _sources = [];
    private long _bytes;

    /// <summary>True when something did not fit.</summary>
    public bool IsCut { get; private set; }

    public long Bytes => _bytes;

    /// <summary>Who sent, and how many pieces.</summary>
    public IReadOnlyDictionary<IPEndPoint, int> Sources
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<IPEndPoint, int>(_sources);
            }
        }
    }

    public void Add(string kind, IPEndPoint from, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _sources[from] = _sources.GetValueOrDefault(from) + 1;
            if (_bytes + bytes.Length > BytesMax)
            {
                IsCut = true;
                return;
            }

            _bytes += bytes.Length;
            _pieces.Add(new(kind, from, bytes.ToArray()));
        }
    }

    /// <summary>True when the text stands in the bytes of one source, also across pieces; case does not matter.</summary>
    public bool Contains(string text) => Contains(bytes => Holds(bytes, text));

    /// <summary>True when the octets stand in the bytes of one source, also across pieces.</summary>
    public bool Contains(ReadOnlyMemory<byte> octets) => Contains(bytes => bytes.AsSpan().IndexOf(octets.Span) >= 0);

    /// <summary>The same without one kind.</summary>
    public ReceivedBytes Without(string kind)
    {
        ReceivedBytes rest = new();
        lock (_gate)
        {
            foreach (Piece piece in _pieces)
            {
                if (piece.Kind != kind)
                {
                    rest.Add(piece.Kind, piece.From, piece.Bytes);
                }
            }
        }

        return rest;
    }

    /// <summary>All that came from any source, as text of one char for each octet.</summary>
    public string Text()
    {
        StringBuilder text = new();
        lock (_gate)
        {
            foreach (Piece piece in _pieces)
            {
                text.Append(Encoding.Latin1.GetString(piece.Bytes));
            }
        }

        return text.ToString();
    }

    private static bool Holds(byte[] bytes, string text) =>
        Encoding.Latin1.GetString(bytes).Contains(text, StringComparison.OrdinalIgnoreCase);

    private bool Contains(Predicate<byte[]> holds)
    {
        Dictionary<(string, IPEndPoint), List<byte>> joined = [];
        lock (_gate)
        {
            foreach (Piece piece in _pieces)
            {
                if (!joined.TryGetValue((piece.Kind, piece.From), out List<byte>? bytes))
                {
                    joined[(piece.Kind, piece.From)] = bytes = [];
                }

                bytes.AddRange(piece.Bytes);
            }
        }

        foreach (List<byte> bytes in joined.Values)
        {
            if (holds([.. bytes]))
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Piece(string Kind, IPEndPoint From, byte[] Bytes);
}
