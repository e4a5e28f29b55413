using System;
using System.IO;
using System.Runtime.InteropServices;

namespace OnionSip.Demo.Runs;

/// <summary>Finds what this run starts: the repository's own programs, built the way this one was, and system programs.</summary>
internal static class Programs
{
    private static readonly string[] s_systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

    internal static string[] Relay { get; } = Own("relay", "OnionSip.Relay", "onionsip-relay.dll");

    internal static string[] Client { get; } = Own("client", "OnionSip.Client", "onionsip.dll");

    /// <summary>A system program's path; null when it is not installed.</summary>
    internal static string? Find(string name)
    {
        foreach (string folder in s_systemFolders)
        {
            string file = Path.Combine(folder, name);
            if (File.Exists(file))
            {
                return file;
            }
        }

        return null;
    }

    private static string[] Own(string group, string project, string assembly)
    {
        DirectoryInfo build = new(AppContext.BaseDirectory.TrimEnd('/'));
        string configuration = build.Parent!.Name;
        DirectoryInfo? root = build;
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "OnionSip.sln")))
        {
            root = root.Parent;
        }

        string file = Path.Combine(root?.FullName ?? "/", group, project, "bin", configuration, build.Name, assembly);
        return File.Exists(file)
            ? [DotNet, file]
            : throw new DemoException($"{project} is not built ({configuration}); run script/demo, which builds it");
    }

    private static string DotNet
    {
        get
        {
            string shared = RuntimeEnvironment.GetRuntimeDirectory();
            string host = Path.GetFullPath(Path.Combine(shared, "..", "..", "..", "dotnet"));
            return File.Exists(host) ? host : "dotnet";
        }
    }
}
