using System;
using System.Linq;
using System.Reflection;
using System.Text;
using OnionSip.Crypto;

namespace OnionSip.Tests.Crypto;

/// <summary>Every label of ours, as text.</summary>
internal static class LabelTable
{
    private delegate ReadOnlySpan<byte> Getter();

    public static string[] All => typeof(Labels)
        .GetProperties(BindingFlags.Static | BindingFlags.Public)
        .Select(property => Encoding.ASCII.GetString(property.GetMethod!.CreateDelegate<Getter>()()))
        .ToArray();
}
