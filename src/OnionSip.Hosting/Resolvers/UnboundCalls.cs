using System;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OnionSip.Hosting.Resolvers;

/// <summary>The part of libunbound that is used; one shared-library name per system. (HOST.RESOLVER)</summary>
internal static unsafe partial class UnboundCalls
{
    private const string Library = "unbound";

    private static readonly string[] s_names =
        ["libunbound.so.8", "libunbound.so", "libunbound.8.dylib", "/opt/homebrew/lib/libunbound.8.dylib", "libunbound-8.dll",
            "unbound.dll"];

    static UnboundCalls() =>
        NativeLibrary.SetDllImportResolver(typeof(UnboundCalls).Assembly, static (name, _, _) => name == Library ? Load() : IntPtr.Zero);

    /// <summary>True when the library can be loaded.</summary>
    internal static bool IsAvailable => Load() != IntPtr.Zero;

    [LibraryImport(Library, EntryPoint = "ub_ctx_create")]
    internal static partial IntPtr Create();

    [LibraryImport(Library, EntryPoint = "ub_ctx_delete")]
    internal static partial void Delete(IntPtr context);

    [LibraryImport(Library, EntryPoint = "ub_ctx_set_option", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetOption(IntPtr context, string option, string value);

    [LibraryImport(Library, EntryPoint = "ub_ctx_set_fwd", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetForwarder(IntPtr context, string address);

    [LibraryImport(Library, EntryPoint = "ub_ctx_zone_add", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int AddZone(IntPtr context, string zone, string type);

    [LibraryImport(Library, EntryPoint = "ub_ctx_async")]
    internal static partial int UseThread(IntPtr context, int thread);

    [LibraryImport(Library, EntryPoint = "ub_ctx_debugout")]
    internal static partial int SetDebugOutput(IntPtr context, IntPtr file);

    [LibraryImport(Library, EntryPoint = "ub_ctx_debuglevel")]
    internal static partial int SetDebugLevel(IntPtr context, int level);

    [LibraryImport(Library, EntryPoint = "ub_fd")]
    internal static partial int Descriptor(IntPtr context);

    [LibraryImport(Library, EntryPoint = "ub_process")]
    internal static partial int Process(IntPtr context);

    [LibraryImport(Library, EntryPoint = "ub_resolve_async", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ResolveAsync(
        IntPtr context, string name, int type, int dnsClass, IntPtr data, delegate* unmanaged[Cdecl]<void*, int, Result*, void> callback,
        int* id);

    [LibraryImport(Library, EntryPoint = "ub_cancel")]
    internal static partial int Cancel(IntPtr context, int id);

    [LibraryImport(Library, EntryPoint = "ub_resolve_free")]
    internal static partial void Free(Result* result);

    private static IntPtr Load()
    {
        foreach (string name in s_names)
        {
            if (NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), null, out IntPtr handle))
            {
                return handle;
            }
        }

        return IntPtr.Zero;
    }

    /// <summary>The library's answer, as in unbound.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct Result
    {
        internal byte* Name;
        internal int Type;
        internal int DnsClass;
        internal byte** Data;
        internal int* Bytes;
        internal byte* CanonicalName;
        internal int ResponseCode;
        internal void* Packet;
        internal int PacketBytes;
        internal int HasData;
        internal int NameDoesNotExist;
        internal int Secure;
        internal int Bogus;
        internal byte* WhyBogus;
        internal int WasRateLimited;
        internal int TimeToLive;
    }
}
