using System;
using System.IO;

namespace OnionSip.Hosting.Secrets;

/// <summary>Folders and files that are written whole or not at all. (HOST.KEYS)</summary>
public static class SecretFolder
{
    /// <summary>Makes the folder for its owner alone when it is not there.</summary>
    public static void Ensure(string folder)
    {
        if (System.IO.Directory.Exists(folder))
        {
            return;
        }

        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(folder);
        }
        else
        {
            System.IO.Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>Replaces a file: readers see the old or the new content, never a part.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + ".new";
        using (FileStream file = new(temporary, FileMode.Create, FileAccess.Write))
        {
            file.Write(content);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
