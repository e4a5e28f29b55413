using OnionSip.Machines;

namespace OnionSip.Circuits;

/// <summary>Who is charged for handshakes, circuits and voice places: a relay's link or a prefix. (CIRCUIT.SHARES)</summary>
internal sealed class LinkPayer(Instant now, LinkShare share, long number = 0)
{
    private TokenBucket _creates = new(now, share.CreatesPerSecond, share.CreateBurst);
    private TokenBucket _voice = new(now, share.VoicePerSecond, share.VoiceBurst);

    internal LinkShare Share => share;

    /// <summary>Never used again for another one; above 0.</summary>
    internal long Number => number;

    /// <summary>Links that are charged to it.</summary>
    internal int Links { get; set; }

    internal int Circuits { get; set; }

    internal int VoicePlaces { get; set; }

    internal bool TryTakeCreate(Instant now) => _creates.TryTake(now);

    /// <summary>One more ask for a voice place, whatever becomes of it: how many there are is what a prober learns by.</summary>
    internal bool TryTakeVoice(Instant now) => _voice.TryTake(now);
}

/// <summary>One link's own part of what its payer has; for a relay they are the same. (CIRCUIT.SHARES)</summary>
internal sealed class LinkAccount(Instant now, LinkShare share, LinkPayer payer)
{
    private TokenBucket _creates = new(now, share.CreatesPerSecond, share.CreateBurst);

    internal LinkPayer Payer => payer;

    internal int MaxCircuits => share.MaxCircuits;

    internal int MaxWaiting => share.MaxWaiting;

    /// <summary>CREATE messages of this link that wait or are worked on.</summary>
    internal int Waiting { get; set; }

    internal bool TryTakeCreate(Instant now) => _creates.TryTake(now) && payer.TryTakeCreate(now);
}
