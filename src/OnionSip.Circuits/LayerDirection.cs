namespace OnionSip.Circuits;

/// <summary>First byte of the tweak. (CIRCUIT.LAYER)</summary>
internal enum LayerDirection : byte
{
    Forward = 0,
    Backward = 1,
}
