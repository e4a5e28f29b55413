using System;
using System.Buffers.Binary;
using System.IO;

namespace OnionSip.Demo.Scores;

/// <summary>Mono sound of 16 bits: what a WAV file holds.</summary>
public sealed record WaveSound(short[] Samples, int Rate)
{
    public double Seconds => (double)Samples.Length / Rate;
}

/// <summary>Reads and writes WAV files of 16-bit PCM; several channels become one.</summary>
public static class WaveFile
{
    private const int HeaderBytes = 44;

    /// <exception cref="InvalidDataException">Not a WAV file of 16-bit PCM.</exception>
    public static WaveSound Read(string file)
    {
        ReadOnlySpan<byte> source = File.ReadAllBytes(file);
        if (source.Length < 12 || !source[..4].SequenceEqual("RIFF"u8) || !source[8..12].SequenceEqual("WAVE"u8))
        {
            throw new InvalidDataException(file + " is no WAV file");
        }

        int channels = 0;
        int rate = 0;
        ReadOnlySpan<byte> rest = source[12..];
        while (rest.Length >= 8)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            // A recorder that was ended before it closed its file leaves a size of zero, or one that is too large.
            bool isData = rest[..4].SequenceEqual("data"u8);
            int taken = (int)Math.Min(size == 0 && isData ? uint.MaxValue : size, (uint)(rest.Length - 8));
            ReadOnlySpan<byte> chunk = rest.Slice(8, taken);
            if (rest[..4].SequenceEqual("fmt "u8) && chunk.Length >= 16)
            {
                channels = BinaryPrimitives.ReadUInt16LittleEndian(chunk[2..]);
                rate = BinaryPrimitives.ReadInt32LittleEndian(chunk[4..]);
                CheckFormat(file, chunk);
            }
            else if (isData && channels > 0)
            {
                return new(Mix(chunk, channels), rate);
            }

            rest = rest[Math.Min(rest.Length, 8 + taken + (taken & 1))..];
        }

        throw new InvalidDataException(file + " holds no sound");
    }

    public static void Write(string file, ReadOnlySpan<short> samples, int rate)
    {
        byte[] bytes = new byte[HeaderBytes + (2 * samples.Length)];
        Span<byte> header = bytes;
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], bytes.Length - 8);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 1);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], rate);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], 2 * rate);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], 2);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        "data"u8.CopyTo(header[36..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[40..], 2 * samples.Length);
        for (int index = 0; index < samples.Length; index++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(header[(HeaderBytes + (2 * index))..], samples[index]);
        }

        File.WriteAllBytes(file, bytes);
    }

    private static void CheckFormat(string file, ReadOnlySpan<byte> format)
    {
        int code = BinaryPrimitives.ReadUInt16LittleEndian(format);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(format[14..]);
        if (code is not (1 or 0xFFFE) || bits != 16)
        {
            throw new InvalidDataException(file + " is not of 16-bit PCM");
        }
    }

    private static short[] Mix(ReadOnlySpan<byte> data, int channels)
    {
        short[] samples = new short[data.Length / (2 * channels)];
        for (int index = 0; index < samples.Length; index++)
        {
            int sum = 0;
            for (int channel = 0; channel < channels; channel++)
            {
                sum += BinaryPrimitives.ReadInt16LittleEndian(data[(2 * ((index * channels) + channel))..]);
            }

            samples[index] = (short)(sum / channels);
        }

        return samples;
    }
}
