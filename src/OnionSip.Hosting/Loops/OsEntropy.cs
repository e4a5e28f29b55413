using System;
using System.Security.Cryptography;
using OnionSip.Machines;

namespace OnionSip.Hosting.Loops;

/// <summary>The operating system's generator. (HOST.ENTROPY)</summary>
public sealed class OsEntropy : Entropy
{
    public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
