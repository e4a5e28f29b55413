using System;
using System.Collections.Generic;
using System.Linq;

namespace OnionSip.Tests.Tidy;

/// <summary>What the core may not name, and the few exceptions with their reasons.</summary>
internal static class PurityRules
{
    /// <summary>Beginnings of full names of types and members.</summary>
    private static readonly string[] s_banned =
    [
        "System.Net.", "System.IO.", "System.Threading.", "System.Timers.", "System.Runtime.CompilerServices.Async",
        "System.DateTime", "System.DateOnly", "System.TimeOnly", "System.TimeProvider", "System.TimeZone", "System.Diagnostics.",
        "System.Console", "System.Environment", "System.AppContext", "System.AppDomain", "System.OperatingSystem", "Microsoft.Win32.",
        "System.Random", "System.Guid", "System.HashCode", "System.String.GetHashCode", "System.Security.Cryptography.",
        "System.Runtime.InteropServices.NativeLibrary", "System.Runtime.InteropServices.RuntimeInformation",
        "System.Reflection.Assembly.Load", "System.Activator",
    ];

    /// <summary>Harmless parts of a banned name: no input, no output, no time, no chance.</summary>
    private static readonly string[] s_harmless =
    [
        "System.Net.IPAddress",                              // a value: text and bytes of an address
        "System.Diagnostics.CodeAnalysis.",                  // attributes
        "System.Diagnostics.Debugg",                         // attributes the compiler writes
        "System.Diagnostics.ConditionalAttribute",
        "System.Diagnostics.Debug.",                         // assertions
        "System.Diagnostics.UnreachableException",
        "System.Environment.get_CurrentManagedThreadId",     // the compiler writes it into every iterator block
        "System.Security.Cryptography.CryptographicOperations",
        "System.Security.Cryptography.CryptographicException",
        "System.Security.Cryptography.HashAlgorithmName",
        "System.Security.Cryptography.IncrementalHash",
        "System.Security.Cryptography.HKDF",
        "System.Security.Cryptography.HMACSHA256",
        "System.Security.Cryptography.SHA256",
    ];

    /// <summary>Exceptions of one assembly.</summary>
    private static readonly (string Assembly, string Name)[] s_allowed =
    [
        ("OnionSip.Crypto", "System.Runtime.InteropServices.NativeLibrary"),  // finds libsodium under its names, once
        ("OnionSip.Crypto", "System.OperatingSystem"),                        // which name libsodium has here
        ("OnionSip.Crypto", "System.Security.Cryptography.MLKem"),            // the platform's ML-KEM; random members are below
        ("OnionSip.Sip", "System.Security.Cryptography.MD5"),                 // digest authentication of RFC 8760 still has it
    ];

    /// <summary>Draw from the system although their type is allowed.</summary>
    private static readonly string[] s_random =
        ["System.Security.Cryptography.MLKem.GenerateKey", "System.Security.Cryptography.MLKem.Encapsulate"];

    /// <summary>Types that only carry a banned member that the compiler writes.</summary>
    private const string IteratorType = "System.Environment";

    /// <summary>Everything in the assembly that breaks a rule, each as one line.</summary>
    public static IReadOnlyList<string> Broken(AssemblyReferences assembly)
    {
        List<string> broken = [];
        broken.AddRange(assembly.Types.Where(name => name != IteratorType && IsBanned(assembly.Name, name)));
        broken.AddRange(assembly.Members.Where(name => IsBanned(assembly.Name, name) || s_random.Contains(name)));
        broken.AddRange(assembly.MutableStatics.Where(static name => !IsWrittenByACompiler(name)).Select(static name => "static " + name));
        broken.AddRange(assembly.NativeFunctions.Where(name => !IsAllowedNative(assembly.Name, name)).Select(static name =>
            "native " + name));
        return broken;
    }

    private static bool IsBanned(string assembly, string name) =>
        s_banned.Any(banned => name.StartsWith(banned, StringComparison.Ordinal))
        && !s_harmless.Any(harmless => name.StartsWith(harmless, StringComparison.Ordinal))
        && !s_allowed.Any(allowed => allowed.Assembly == assembly && name.StartsWith(allowed.Name, StringComparison.Ordinal));

    /// <summary>
    /// Caches of lambdas without state, and the descriptor in the class that protoc writes; both are set once and never vary.
    /// </summary>
    private static bool IsWrittenByACompiler(string name) =>
        name.Contains('<', StringComparison.Ordinal) || name == "OnionSip.Directory.Messages.NetworkReflection.descriptor";

    private static bool IsAllowedNative(string assembly, string name) =>
        assembly == "OnionSip.Crypto"
        && name.Contains("sodium", StringComparison.Ordinal)
        && !name.Contains("random", StringComparison.Ordinal)
        && (!name.EndsWith("_keypair", StringComparison.Ordinal) || name.EndsWith("_seed_keypair", StringComparison.Ordinal))
        && !name.EndsWith("_keygen", StringComparison.Ordinal);
}
