using System;

namespace OnionSip.Media;

/// <summary>The two companding laws; the values are their static payload types. (MEDIA.G711)</summary>
public enum G711Law : byte
{
    /// <summary>PCMU.</summary>
    Mu = 0,

    /// <summary>PCMA.</summary>
    A = 8,
}

/// <summary>ITU-T G.711: 8 bits to 16-bit linear and back, and one law to the other. (MEDIA.G711)</summary>
/// <remarks>Shape: tables computed once from the formulas; linear samples use the full 16-bit scale.</remarks>
public static class G711
{
    private static readonly short[] s_muToLinear = Table(static code => ExpandMu(code));
    private static readonly short[] s_aToLinear = Table(static code => ExpandA(code));
    private static readonly byte[] s_muToA = CrossTable(s_muToLinear, G711Law.A);
    private static readonly byte[] s_aToMu = CrossTable(s_aToLinear, G711Law.Mu);

    /// <summary>The code of a zero sample.</summary>
    public static byte Silence(G711Law law) => law == G711Law.A ? (byte)0xD5 : (byte)0xFF;

    public static short Decode(byte code, G711Law law) => law == G711Law.A ? s_aToLinear[code] : s_muToLinear[code];

    public static byte Encode(short sample, G711Law law) => law == G711Law.A ? CompressA(sample) : CompressMu(sample);

    /// <summary>Rewrites codes of one law as the other, in place; nothing happens when they are the same.</summary>
    public static void Convert(Span<byte> codes, G711Law from, G711Law to)
    {
        if (from == to)
        {
            return;
        }

        byte[] table = to == G711Law.A ? s_muToA : s_aToMu;
        for (int index = 0; index < codes.Length; index++)
        {
            codes[index] = table[codes[index]];
        }
    }

    private static short ExpandMu(int code)
    {
        int inverted = ~code & 0xFF;
        int magnitude = ((((inverted & 0x0F) << 3) + 0x84) << ((inverted >> 4) & 7)) - 0x84;
        return (short)((inverted & 0x80) != 0 ? -magnitude : magnitude);
    }

    private static short ExpandA(int code)
    {
        int toggled = code ^ 0x55;
        int segment = (toggled >> 4) & 7;
        int magnitude = ((toggled & 0x0F) << 4) + 8;
        magnitude = segment == 0 ? magnitude : (magnitude + 0x100) << (segment - 1);
        return (short)((toggled & 0x80) != 0 ? magnitude : -magnitude);
    }

    private static byte CompressMu(int sample)
    {
        int sign = sample < 0 ? 0x80 : 0;
        int magnitude = Math.Min(Math.Abs(sample), 32_635) + 0x84;
        int segment = 0;
        while (magnitude >> (segment + 8) != 0)
        {
            segment++;
        }

        return (byte)(~(sign | (segment << 4) | ((magnitude >> (segment + 3)) & 0x0F)) & 0xFF);
    }

    private static byte CompressA(int sample)
    {
        int sign = sample >= 0 ? 0x80 : 0;
        int magnitude = (sample >= 0 ? sample : -sample - 1) >> 3;
        int segment = 0;
        while (segment < 7 && magnitude >> (segment + 5) != 0)
        {
            segment++;
        }

        int mantissa = (segment < 2 ? magnitude >> 1 : magnitude >> segment) & 0x0F;
        return (byte)((sign | (segment << 4) | mantissa) ^ 0x55);
    }

    private static short[] Table(Func<int, short> expand)
    {
        short[] table = new short[256];
        for (int code = 0; code < table.Length; code++)
        {
            table[code] = expand(code);
        }

        return table;
    }

    private static byte[] CrossTable(short[] expanded, G711Law to)
    {
        byte[] table = new byte[256];
        for (int code = 0; code < table.Length; code++)
        {
            table[code] = Encode(expanded[code], to);
        }

        return table;
    }
}
