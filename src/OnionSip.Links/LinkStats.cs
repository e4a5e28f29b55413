namespace OnionSip.Links;

/// <summary>Table sizes now, and totals since the start.</summary>
public readonly record struct LinkStats(
    int Links,
    int HalfOpenLinks,
    int Reassemblies,
    int QueuedDatagrams,
    long HandshakesComputed,
    long LinksOpened,
    long Roams,
    long Rekeys);
