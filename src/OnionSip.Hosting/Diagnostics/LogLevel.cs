using OnionSip.Hosting.Configuration;

namespace OnionSip.Hosting.Diagnostics;

/// <summary>How much is told. (HOST.LOG)</summary>
public enum LogLevel
{
    /// <summary>A bug of ours, or the operator must act.</summary>
    Error,

    /// <summary>A peer or the environment misbehaves; rate-limited.</summary>
    Warn,

    /// <summary>Rare events of a program's life.</summary>
    Info,

    /// <summary>For developers.</summary>
    Debug,
}

/// <summary>The names of the levels.</summary>
public static class LogLevels
{
    public static LogLevel Read(ConfigObject config) => config.Choice("log", "info", "error", "warn", "info", "debug") switch
    {
        "error" => LogLevel.Error,
        "warn" => LogLevel.Warn,
        "debug" => LogLevel.Debug,
        _ => LogLevel.Info,
    };
}
