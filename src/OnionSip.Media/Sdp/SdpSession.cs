using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace OnionSip.Media;

/// <summary>A session description after RFC 8866; prints redacted. (MEDIA.SDP)</summary>
/// <remarks>
/// Reads:  CRLF or LF line ends, a missing s= or t=, empty values, unknown line types (ignored), any line order behind
///         v=.
/// Writes: v, o, s, c, t, a, then for each medium m, c, a; CRLF; nothing else, whatever was read.
/// Text is one char for each octet.
/// </remarks>
public sealed class SdpSession
{
    public SdpSession(SdpOrigin origin) => Origin = origin;

    public SdpOrigin Origin { get; set; }

    public string Name { get; set; } = "-";

    public SdpConnection? Connection { get; set; }

    /// <summary>The t= line.</summary>
    public string Time { get; set; } = "0 0";

    public List<SdpAttribute> Attributes { get; } = [];

    public List<MediaDescription> Media { get; } = [];

    /// <summary>Lines that were read and are not kept: i, u, e, p, b, r, z, k and unknown ones.</summary>
    public int IgnoredLines { get; private set; }

    /// <summary>Reads a description.</summary>
    /// <remarks>Drops: every member of <see cref="SdpParse"/>. Never throws.</remarks>
    public static SdpParse TryParse(ReadOnlySpan<byte> source, out SdpSession? session)
    {
        session = null;
        if (source.Length == 0 || source.Length > SdpLimits.MaxBytes)
        {
            return source.Length == 0 ? SdpParse.Empty : SdpParse.TooLong;
        }

        string[] lines = Encoding.Latin1.GetString(source).Split('\n', SdpLimits.MaxLines + 1);
        if (lines.Length > SdpLimits.MaxLines)
        {
            return SdpParse.TooManyLines;
        }

        if (lines[0].TrimEnd('\r', ' ') != "v=0")
        {
            return SdpParse.BadVersion;
        }

        // The origin is set by its line; without one nothing is handed out.
        SdpSession read = new(null!);
        for (int index = 1; index < lines.Length; index++)
        {
            string line = lines[index].TrimEnd('\r');
            SdpParse result = line.Length == 0 ? SdpParse.Accepted : read.ReadLine(line);
            if (result != SdpParse.Accepted)
            {
                return result;
            }
        }

        if (read.Origin is null)
        {
            return SdpParse.MissingOrigin;
        }

        session = read;
        return SdpParse.Accepted;
    }

    /// <summary>Where media of this line is to be sent; null when neither the line nor the session says.</summary>
    public SdpConnection? ConnectionOf(MediaDescription media) => media.Connection ?? Connection;

    /// <summary>
    /// The line's direction, else the session's, else sendrecv; a wildcard address takes receiving away.
    /// (MEDIA.DIRECTION)
    /// </summary>
    public SdpDirection DirectionOf(MediaDescription media)
    {
        SdpDirection direction = media.OwnDirection ?? SdpAttributes.Direction(Attributes) ?? SdpDirection.SendReceive;
        return ConnectionOf(media) is { IsHold: true } ? direction & ~SdpDirection.ReceiveOnly : direction;
    }

    /// <summary>The description as octets.</summary>
    public byte[] Write()
    {
        StringBuilder text = new(512);
        AppendLine(text, 'v', "0");
        AppendLine(text, 'o', Origin.Reveal());
        AppendLine(text, 's', Name.Length == 0 ? "-" : Name);
        AppendConnection(text, Connection);
        AppendLine(text, 't', Time);
        AppendAttributes(text, Attributes);
        foreach (MediaDescription media in Media)
        {
            string port = media.Port.ToString(CultureInfo.InvariantCulture);
            AppendLine(text, 'm', string.Join(' ', media.Media, port, media.Protocol, string.Join(' ', media.Formats)));
            AppendConnection(text, media.Connection);
            AppendAttributes(text, media.Attributes);
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    public override string ToString() => "[session description]";

    private static void AppendConnection(StringBuilder text, SdpConnection? connection)
    {
        if (connection is not null)
        {
            AppendLine(text, 'c', connection.Reveal());
        }
    }

    private static void AppendAttributes(StringBuilder text, List<SdpAttribute> attributes)
    {
        foreach (SdpAttribute attribute in attributes)
        {
            AppendLine(text, 'a', attribute.Value is null ? attribute.Name : attribute.Name + ":" + attribute.Value);
        }
    }

    private static void AppendLine(StringBuilder text, char type, string value)
    {
        if (value.AsSpan().ContainsAny('\r', '\n', '\0') || value.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF'))
        {
            throw new ArgumentException("a line of a session description holds a line end");
        }

        text.Append(type).Append('=').Append(value).Append("\r\n");
    }

    private SdpParse ReadLine(string line)
    {
        if (line.Length < 2 || line[1] != '=' || !char.IsAsciiLetterLower(line[0])
            || line.AsSpan().ContainsAny('\r', '\0'))
        {
            return SdpParse.BadLine;
        }

        string value = line[2..];
        switch (line[0])
        {
            case 'o' when Media.Count == 0:
                bool origin = SdpOrigin.TryParse(value, out SdpOrigin? parsed);
                Origin = parsed!;
                return origin ? SdpParse.Accepted : SdpParse.BadOrigin;
            case 's' when Media.Count == 0:
                Name = value.Trim();
                return SdpParse.Accepted;
            case 't' when Media.Count == 0:
                Time = value.Trim();
                return SdpParse.Accepted;
            case 'c':
                return ReadConnection(value);
            case 'a':
                ReadAttribute(value);
                return SdpParse.Accepted;
            case 'm':
                return ReadMedia(value);
            default:
                IgnoredLines++;
                return SdpParse.Accepted;
        }
    }

    private SdpParse ReadConnection(string value)
    {
        if (!SdpConnection.TryParse(value, out SdpConnection? connection))
        {
            return SdpParse.BadConnection;
        }

        if (Media.Count == 0)
        {
            Connection = connection;
        }
        else
        {
            Media[^1].Connection ??= connection;
        }

        return SdpParse.Accepted;
    }

    private void ReadAttribute(string value)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        SdpAttribute attribute = colon < 0
            ? new(value.Trim(), null)
            : new(value[..colon].Trim(), value[(colon + 1)..].Trim());
        (Media.Count == 0 ? Attributes : Media[^1].Attributes).Add(attribute);
    }

    private SdpParse ReadMedia(string value)
    {
        string[] fields = value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (Media.Count >= SdpLimits.MaxMedia)
        {
            return SdpParse.TooManyMedia;
        }

        // "port/count" asks for a range of ports: only its first is ever used.
        if (fields.Length < 4 || fields.Length > 3 + SdpLimits.MaxFormats
            || !SdpCodec.TryNumber(fields[1].Split('/')[0], ushort.MaxValue, out int port))
        {
            return SdpParse.BadMedia;
        }

        Media.Add(new MediaDescription(fields[0], port, fields[2], fields[3..]));
        return SdpParse.Accepted;
    }
}
