namespace OnionSip.Hosting.Configuration;

/// <summary>One thing wrong in a configuration file, as one sentence: where, what, and what would be right. (HOST.CONFIG)</summary>
public sealed record ConfigError(string File, string Path, string What)
{
    public override string ToString() => Path.Length == 0 ? $"{File}: {What}" : $"{File}, {Path}: {What}";
}
