using System;
using System.Runtime.InteropServices;

namespace OnionSip.Crypto;

/// <summary>Finds the system's libsodium. (CRYPTO.LIBSODIUM)</summary>
/// <remarks>
/// The loaded handle is the one static of the core: a native library is loaded once per process whatever we do,
/// and it holds no protocol state, so two nodes in one process cannot see each other through it.
/// </remarks>
public static class SodiumLibrary
{
    /// <summary>The name the imports carry; mapped to the file names of each system.</summary>
    internal const string ImportName = "libsodium";

    /// <summary>Room set aside for an expanded AES-256-GCM key.</summary>
    internal const int AesGcmStateBytes = 512;

    /// <summary>Room set aside for a running HMAC-SHA256.</summary>
    internal const int HmacStateBytes = 256;

    private const int Failed = -1;

    private static readonly nint s_handle = Load(FileNames());
    private static readonly bool s_hasEdwardsBase =
        s_handle != 0 && NativeLibrary.TryGetExport(s_handle, Sodium.EdwardsBaseName, out _);

    /// <summary>Loads and starts libsodium; programs call it once before anything else.</summary>
    /// <exception cref="SodiumMissingException">It is not installed or does not start.</exception>
    public static void EnsureLoaded()
    {
        Require(s_handle);
        if (Sodium.Start() == Failed || Sodium.AesGcmStateBytes() > AesGcmStateBytes || Sodium.HmacStateBytes() > HmacStateBytes)
        {
            throw new SodiumMissingException("libsodium was found but does not start; install version 1.0.18 or newer.");
        }
    }

    /// <summary>False for a minimal build.</summary>
    internal static bool HasEdwardsBase => s_hasEdwardsBase;

    /// <summary>True when the library was found.</summary>
    internal static bool IsLoaded => s_handle != 0;

    /// <summary>Maps our import name to the loaded library; other names take the usual way.</summary>
    internal static nint Resolve(string name) => name == ImportName ? s_handle : 0;

    /// <summary>Throws the one message that tells people what to do.</summary>
    internal static void Require(nint handle)
    {
        if (handle == 0)
        {
            throw new SodiumMissingException(
                "libsodium is not installed. Debian and Ubuntu: apt install libsodium23. Fedora: dnf install libsodium. "
                + "Alpine: apk add libsodium. macOS: brew install libsodium. Windows: put libsodium.dll beside the program.");
        }
    }

    /// <summary>The handle of the first name that loads; 0 when none does.</summary>
    internal static nint Load(string[] fileNames)
    {
        foreach (string name in fileNames)
        {
            if (NativeLibrary.TryLoad(name, typeof(SodiumLibrary).Assembly, null, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }

    private static string[] FileNames()
    {
        if (OperatingSystem.IsWindows())
        {
            return ["libsodium.dll", "libsodium"];
        }

        if (OperatingSystem.IsMacOS())
        {
            return
            [
                "libsodium.dylib", "libsodium.23.dylib", "libsodium.26.dylib",
                "/opt/homebrew/lib/libsodium.dylib", "/usr/local/lib/libsodium.dylib",
            ];
        }

        return ["libsodium.so.23", "libsodium.so.26", "libsodium.so"];
    }
}
