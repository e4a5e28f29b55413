using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using OnionSip.Hosting.Configuration;
using OnionSip.Hosting.Secrets;
using OnionSip.Wire;

namespace OnionSip.Hosting.Gateways;

/// <summary>Keeps the guards between runs: one identity a line, preferred first. (HOST.GUARDS)</summary>
/// <remarks>A file that cannot be read counts as none: new guards are drawn. Bounds: <see cref="MaxLines"/> lines are looked at.</remarks>
internal sealed class GuardFile(string folder)
{
    internal const int MaxLines = 16;

    private readonly string _file = Path.Combine(folder, "guards");

    internal IReadOnlyList<RelayId> Read()
    {
        List<RelayId> guards = [];
        if (!File.Exists(_file))
        {
            return guards;
        }

        foreach (string line in File.ReadLines(_file))
        {
            if (guards.Count < MaxLines && NetworkConfig.TryParseKey(line.Trim(), out byte[] identity))
            {
                guards.Add(RelayId.FromBytes(identity));
            }
        }

        return guards;
    }

    internal void Write(IReadOnlyList<RelayId> guards)
    {
        StringBuilder text = new();
        foreach (RelayId guard in guards)
        {
            text.Append(Convert.ToHexStringLower(guard.ToArray())).Append('\n');
        }

        SecretFolder.Ensure(folder);
        SecretFolder.Replace(_file, Encoding.ASCII.GetBytes(text.ToString()));
    }
}
