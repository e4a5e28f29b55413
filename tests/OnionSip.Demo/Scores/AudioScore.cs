using System;
using System.Collections.Generic;

namespace OnionSip.Demo.Scores;

/// <summary>How a recording compares with the sound that was sent.</summary>
/// <param name="Match">Median, over the seconds of speech, of the normalised correlation of each second at its own best lag.</param>
/// <param name="SignalToNoise">Median of the seconds' signal-to-noise ratios in decibels, after the gain is taken out.</param>
/// <param name="Slips">How often the lag jumped by more than 2 ms from one second to the next: lost, repeated or moved packets.</param>
/// <param name="LagMilliseconds">The lag of the first second scored: how much later it stands in the recording.</param>
/// <param name="SecondsScored">Seconds of speech that were compared.</param>
/// <param name="SecondsOfSpeech">Seconds that were sent and hold speech.</param>
public sealed record AudioScore(
    double Match, double SignalToNoise, int Slips, double LagMilliseconds, int SecondsScored, int SecondsOfSpeech)
{
    /// <summary>What G.711 all the way must reach.</summary>
    public const double MatchMin = 0.99;

    /// <summary>True when the sound is the same and nearly all of it arrived.</summary>
    public bool IsGood => Match >= MatchMin && SecondsScored > 0 && SecondsScored * 4 >= SecondsOfSpeech * 3;
}

/// <summary>Compares a recording with what was sent, second by second.</summary>
/// <remarks>
/// First the lag that fits best over the whole; then each second is searched for within 400 ms of where the one before was found. A second
/// that is quieter than -50 dB of full scale, or was not sent, is not scored.
/// </remarks>
public static class AudioComparison
{
    private const double SearchSeconds = 0.4;
    private const double SlipSeconds = 0.002;
    private const double QuietLevel = 0.00316;
    private const double TrustedCorrelation = 0.5;

    /// <param name="sent">What was spoken.</param>
    /// <param name="received">What was recorded, at the same rate.</param>
    /// <param name="secondsSent">How much of <paramref name="sent"/> was spoken.</param>
    public static AudioScore Compare(WaveSound sent, WaveSound received, double secondsSent = double.MaxValue)
    {
        if (sent.Rate != received.Rate)
        {
            throw new ArgumentException("the rates differ", nameof(received));
        }

        double[] reference = Normalise(sent.Samples);
        double[] recording = Normalise(received.Samples);
        int rate = sent.Rate;
        int seconds = (int)Math.Min(reference.Length / rate, secondsSent);
        int lag = BestLag(reference.AsSpan(0, Math.Min(reference.Length, seconds * rate)), recording);
        List<Second> scored = [];
        int speech = 0;
        for (int second = 0; second < seconds; second++)
        {
            ReadOnlySpan<double> window = reference.AsSpan(second * rate, rate);
            if (Level(window) < QuietLevel)
            {
                continue;
            }

            speech++;
            if (Find(window, recording, (second * rate) + lag, (int)(SearchSeconds * rate)) is { } found)
            {
                scored.Add(found with { Lag = found.Start - (second * rate) });
                lag = found.Correlation >= TrustedCorrelation ? found.Start - (second * rate) : lag;
            }
        }

        return Summarise(scored, speech, rate);
    }

    private static AudioScore Summarise(List<Second> scored, int speech, int rate)
    {
        List<double> correlations = scored.ConvertAll(static second => second.Correlation);
        List<double> noises = scored.ConvertAll(static second => second.Decibels);
        List<Second> trusted = scored.FindAll(static second => second.Correlation >= TrustedCorrelation);
        int slips = 0;
        for (int index = 1; index < trusted.Count; index++)
        {
            slips += Math.Abs(trusted[index].Lag - trusted[index - 1].Lag) > SlipSeconds * rate ? 1 : 0;
        }

        double lag = trusted.Count == 0 ? 0 : trusted[0].Lag * 1000.0 / rate;
        return new(Median(correlations, 0), Median(noises, -99), slips, lag, scored.Count, speech);
    }

    private static double[] Normalise(short[] samples)
    {
        double[] values = new double[samples.Length];
        for (int index = 0; index < samples.Length; index++)
        {
            values[index] = samples[index] / 32768.0;
        }

        return values;
    }

    private static double Level(ReadOnlySpan<double> window) => Math.Sqrt(Sum(window, window) / Math.Max(1, window.Length));

    private static int BestLag(ReadOnlySpan<double> reference, ReadOnlySpan<double> recording)
    {
        double[] sums = Fourier.CrossCorrelate(reference, recording);
        int best = 0;
        for (int index = 1; index < sums.Length; index++)
        {
            best = sums[index] > sums[best] ? index : best;
        }

        return best > sums.Length / 2 ? best - sums.Length : best;
    }

    /// <summary>Looks for one second around a place; null when the recording does not reach there.</summary>
    private static Second? Find(ReadOnlySpan<double> window, ReadOnlySpan<double> recording, int expected, int reach)
    {
        int first = Math.Max(0, expected - reach);
        int last = Math.Min(recording.Length - window.Length, expected + reach);
        if (last < first)
        {
            return null;
        }

        ReadOnlySpan<double> area = recording[first..(last + window.Length)];
        double[] sums = Fourier.CrossCorrelate(window, area);
        double own = Sum(window, window);
        double energy = Sum(area[..window.Length], area[..window.Length]);
        Second best = new(first, 0, -99, 0);
        for (int shift = 0; shift <= last - first; shift++)
        {
            double correlation = energy <= 1e-9 ? 0 : sums[shift] / Math.Sqrt(own * energy);
            if (correlation > best.Correlation)
            {
                best = new(first + shift, Math.Min(1, correlation), 0, 0);
            }

            if (shift < last - first)
            {
                energy += Square(area[shift + window.Length]) - Square(area[shift]);
            }
        }

        return best with { Decibels = Decibels(best.Correlation) };
    }

    /// <summary>With the gain taken out, noise is what correlation leaves: 1 - c² of the energy.</summary>
    private static double Decibels(double correlation)
    {
        double signal = correlation * correlation;
        return signal <= 0 ? -99 : Math.Min(99, 10 * Math.Log10(signal / Math.Max(1e-10, 1 - signal)));
    }

    private static double Sum(ReadOnlySpan<double> left, ReadOnlySpan<double> right)
    {
        double sum = 0;
        for (int index = 0; index < left.Length; index++)
        {
            sum += left[index] * right[index];
        }

        return sum;
    }

    private static double Square(double value) => value * value;

    private static double Median(List<double> values, double none)
    {
        if (values.Count == 0)
        {
            return none;
        }

        values.Sort();
        int middle = values.Count / 2;
        return values.Count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }

    private readonly record struct Second(int Start, double Correlation, double Decibels, int Lag);
}
