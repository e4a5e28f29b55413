using System;
using System.Globalization;
using System.IO;
using System.Threading;

namespace OnionSip.Hosting.Diagnostics;

/// <summary>
/// Life events as lines of text. Nothing that identifies anybody is passed in: addresses and names print redacted. (HOST.LOG)
/// </summary>
/// <remarks>Bounds: at most <see cref="WarningsPerMinute"/> warnings a minute; the rest are counted and the count is told.</remarks>
public sealed class Log(TextWriter output, LogLevel level, TimeProvider clock)
{
    public const int WarningsPerMinute = 20;

    private readonly Lock _lock = new();
    private DateTimeOffset _minuteStart;
    private int _warningsThisMinute;

    public bool IsEnabled(LogLevel wanted) => wanted <= level;

    public void Error(string text) => Write(LogLevel.Error, "error", text);

    public void Info(string text) => Write(LogLevel.Info, "info", text);

    public void Debug(string text) => Write(LogLevel.Debug, "debug", text);

    public void Warn(string text)
    {
        lock (_lock)
        {
            DateTimeOffset now = clock.GetUtcNow();
            if (now - _minuteStart >= TimeSpan.FromMinutes(1))
            {
                int left = _warningsThisMinute - WarningsPerMinute;
                (_minuteStart, _warningsThisMinute) = (now, 0);
                if (left > 0)
                {
                    Write(LogLevel.Warn, "warn", string.Create(CultureInfo.InvariantCulture, $"{left} more warnings were not shown"));
                }
            }

            if (++_warningsThisMinute > WarningsPerMinute)
            {
                return;
            }
        }

        Write(LogLevel.Warn, "warn", text);
    }

    private void Write(LogLevel wanted, string name, string text)
    {
        if (!IsEnabled(wanted))
        {
            return;
        }

        lock (_lock)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {name} {text}"));
            output.Flush();
        }
    }
}
