namespace OnionSip.Circuits;

/// <summary>
/// What a hop adds to a slot on its way: forward to the next link's numbering, backward to its client's.
/// (CIRCUIT.SLOT)
/// </summary>
internal readonly record struct SlotOffsets(uint Forward, uint Backward);
