using System;
using System.IO;

namespace OnionSip.Tests.Crypto;

/// <summary>Finds committed files from wherever the tests run.</summary>
internal static class RepositoryFiles
{
    public static string Find(params string[] parts)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "OnionSip.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine([folder?.FullName ?? throw new FileNotFoundException("no OnionSip.sln above the tests"), .. parts]);
    }
}
