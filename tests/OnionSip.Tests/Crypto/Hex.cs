using System;
using System.Text.Json;

namespace OnionSip.Tests.Crypto;

/// <summary>Reads octet strings written in hexadecimal.</summary>
internal static class Hex
{
    /// <summary>Spaces and line breaks are ignored.</summary>
    public static byte[] Bytes(string text) =>
        Convert.FromHexString(text.Replace(" ", "").Replace("\n", "").Replace("\r", ""));

    public static byte[] Property(JsonElement element, string name) => Convert.FromHexString(element.GetProperty(name).GetString()!);

    public static string Text(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
