using System;
using OnionSip.Machines;

namespace OnionSip.Wire;

/// <summary>One SRV record. (WIRE.CONTROL)</summary>
public readonly ref struct SrvAnswer(ushort priority, ushort weight, ushort port, ReadOnlySpan<byte> target)
{
    public ushort Priority { get; } = priority;

    public ushort Weight { get; } = weight;

    public ushort Port { get; } = port;

    /// <summary>ASCII; "." means that there is no such service.</summary>
    public ReadOnlySpan<byte> Target { get; } = target;
}

/// <summary>One NAPTR record. (WIRE.CONTROL)</summary>
public readonly ref struct NaptrAnswer
{
    public ushort Order { get; init; }

    public ushort Preference { get; init; }

    public ReadOnlySpan<byte> Flags { get; init; }

    public ReadOnlySpan<byte> Service { get; init; }

    public ReadOnlySpan<byte> Regexp { get; init; }

    public ReadOnlySpan<byte> Replacement { get; init; }
}

/// <summary>Walks the answers of a RESOLVED that was checked when it was parsed. (WIRE.CONTROL)</summary>
/// <remarks>Each method answers false when there is no further answer or the message holds another kind.</remarks>
public ref struct AnswerReader
{
    private readonly ResolveKind _kind;
    private int _left;
    private WireReader _reader;

    internal AnswerReader(ResolveKind kind, int count, ReadOnlySpan<byte> answers)
    {
        _kind = kind;
        _left = count;
        _reader = new(answers);
    }

    public bool TryReadAddress(out IpAddress address)
    {
        address = default;
        return _kind is ResolveKind.A or ResolveKind.Aaaa && _left > 0 && ReadAddress(out address) == WireParse.None;
    }

    public bool TryReadSrv(out SrvAnswer answer)
    {
        answer = default;
        return _kind == ResolveKind.Srv && _left > 0 && ReadSrv(out answer) == WireParse.None;
    }

    public bool TryReadNaptr(out NaptrAnswer answer)
    {
        answer = default;
        return _kind == ResolveKind.Naptr && _left > 0 && ReadNaptr(out answer) == WireParse.None;
    }

    /// <summary>Reads everything to the end; why it was refused. (WIRE.CONTROL)</summary>
    internal WireParse Check()
    {
        while (_left > 0)
        {
            WireParse parse = _kind switch
            {
                ResolveKind.Srv => ReadSrv(out _),
                ResolveKind.Naptr => ReadNaptr(out _),
                _ => ReadAddress(out _),
            };
            if (parse != WireParse.None)
            {
                return parse;
            }
        }

        return ControlMessage.End(in _reader);
    }

    private WireParse ReadAddress(out IpAddress address)
    {
        address = default;
        byte family = _kind == ResolveKind.A ? (byte)4 : (byte)6;
        if (_reader.Rest.Length < (family == 4 ? 4 : 16))
        {
            return WireParse.Truncated;
        }

        _left--;
        return _reader.TryReadAddress(family, out address) ? WireParse.None : WireParse.BadAddress;
    }

    private WireParse ReadSrv(out SrvAnswer answer)
    {
        answer = default;
        if (!_reader.TryReadUInt16(out ushort priority)
            || !_reader.TryReadUInt16(out ushort weight)
            || !_reader.TryReadUInt16(out ushort port))
        {
            return WireParse.Truncated;
        }

        WireParse parse = WireNames.ReadName(ref _reader, out ReadOnlySpan<byte> target);
        if (parse != WireParse.None)
        {
            return parse;
        }

        _left--;
        answer = new(priority, weight, port, target);
        return WireParse.None;
    }

    private WireParse ReadNaptr(out NaptrAnswer answer)
    {
        answer = default;
        if (!_reader.TryReadUInt16(out ushort order) || !_reader.TryReadUInt16(out ushort preference))
        {
            return WireParse.Truncated;
        }

        WireParse parse = WireNames.ReadText(ref _reader, out ReadOnlySpan<byte> flags);
        ReadText(ref parse, out ReadOnlySpan<byte> service);
        ReadText(ref parse, out ReadOnlySpan<byte> regexp);
        ReadText(ref parse, out ReadOnlySpan<byte> replacement);
        if (parse != WireParse.None)
        {
            return parse;
        }

        _left--;
        answer = new()
        {
            Order = order,
            Preference = preference,
            Flags = flags,
            Service = service,
            Regexp = regexp,
            Replacement = replacement,
        };
        return WireParse.None;
    }

    /// <summary>Reads one more text, unless an earlier one was refused.</summary>
    private void ReadText(scoped ref WireParse parse, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (parse == WireParse.None)
        {
            parse = WireNames.ReadText(ref _reader, out text);
        }
    }
}
