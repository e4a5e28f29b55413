using System;
using System.Security.Cryptography;
using OnionSip.Machines;

namespace OnionSip.Demo.Phones;

/// <summary>Randomness of the system, for phones and providers.</summary>
internal sealed class SystemEntropy : Entropy
{
    public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
