using System;

namespace OnionSip.Wire;

/// <summary>RESOLVED: the records that were found. (WIRE.CONTROL)</summary>
/// <remarks>
/// Use:   parsing checks every answer; read them with <see cref="Answers"/>.
/// Drops: Truncated, TrailingBytes, BadLength, BadType (kind), BadCount, BadName, BadAddress.
/// </remarks>
public readonly ref struct ResolvedMessage
{
    private readonly ReadOnlySpan<byte> _answers;

    private ResolvedMessage(ushort request, ResolveKind kind, uint ttlSeconds, int count, ReadOnlySpan<byte> answers)
    {
        Request = request;
        Kind = kind;
        TtlSeconds = ttlSeconds;
        Count = count;
        _answers = answers;
    }

    public ushort Request { get; }

    public ResolveKind Kind { get; }

    public uint TtlSeconds { get; }

    public int Count { get; }

    public AnswerReader Answers => new(Kind, Count, _answers);

    public static bool TryParse(ReadOnlySpan<byte> message, out ResolvedMessage parsed) =>
        Parse(message, out parsed) == WireParse.None;

    public static WireParse Parse(ReadOnlySpan<byte> message, out ResolvedMessage parsed)
    {
        parsed = default;
        WireParse parse = ControlMessage.Begin(
            message, ControlMessageType.Resolved, out WireReader reader, out ushort request);
        if (parse != WireParse.None)
        {
            return parse;
        }

        if (!reader.TryReadByte(out byte kind)
            || !reader.TryReadUInt32(out uint ttl)
            || !reader.TryReadByte(out byte count))
        {
            return WireParse.Truncated;
        }

        if (kind is 0 or > (byte)ResolveKind.Naptr)
        {
            return WireParse.BadType;
        }

        if (count > WireLayout.MaxAnswers)
        {
            return WireParse.BadCount;
        }

        ResolvedMessage candidate = new(request, (ResolveKind)kind, ttl, count, reader.Rest);
        parse = candidate.Answers.Check();
        if (parse == WireParse.None)
        {
            parsed = candidate;
        }

        return parse;
    }
}
