using System;

namespace OnionSip.Wire;

/// <summary>Rules for names and short texts on the wire. (WIRE.HOST)</summary>
public static class WireNames
{
    /// <summary>The longest host name, as in the DNS.</summary>
    public const int MaxNameBytes = 253;

    /// <summary>1 to 253 printable ASCII characters without a space. (WIRE.HOST)</summary>
    public static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= MaxNameBytes && !name.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E);

    /// <summary>0 to 255 printable ASCII characters. (WIRE.CONTROL)</summary>
    public static bool IsText(ReadOnlySpan<byte> text) =>
        text.Length <= byte.MaxValue && !text.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E);

    internal static WireParse ReadName(scoped ref WireReader reader, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!reader.TryReadByte(out byte length) || !reader.TryReadBytes(length, out name))
        {
            return WireParse.Truncated;
        }

        return IsName(name) ? WireParse.None : WireParse.BadName;
    }

    internal static WireParse ReadText(scoped ref WireReader reader, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!reader.TryReadByte(out byte length) || !reader.TryReadBytes(length, out text))
        {
            return WireParse.Truncated;
        }

        return IsText(text) ? WireParse.None : WireParse.BadName;
    }

    internal static void Write(ref WireWriter writer, scoped ReadOnlySpan<byte> text)
    {
        writer.WriteByte((byte)text.Length);
        writer.WriteBytes(text);
    }
}
