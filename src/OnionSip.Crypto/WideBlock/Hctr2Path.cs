namespace OnionSip.Crypto;

/// <summary>The instruction set an <see cref="Hctr2"/> works with; every path gives the same bytes. (CRYPTO.HCTR2-PATHS)</summary>
internal enum Hctr2Path
{
    /// <summary>Carry-less multiply of four blocks at a time; falls back to narrower multiplies where the machine has none.</summary>
    Vector512,

    /// <summary>AES and carry-less multiply of one block at a time (x86 and Arm).</summary>
    Vector128,

    /// <summary>Bitsliced AES and multiplication with spaced bits: constant time on any machine.</summary>
    Portable,

    /// <summary>Carry-less multiply of two blocks at a time.</summary>
    Vector256,
}
