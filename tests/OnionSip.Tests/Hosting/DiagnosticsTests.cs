using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using OnionSip.Hosting.Diagnostics;
using OnionSip.Hosting.Loops;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Hosting;

/// <summary>What a program says and ends with. (HOST.LOG, HOST.EVENTS, HOST.EXIT-CODES)</summary>
public sealed class DiagnosticsTests
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly FixedTime _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public void Line_HasTimeLevelAndSentence()
    {
        Log log = new(_output, LogLevel.Info, _time);
        log.Info("relay started");
        log.Debug("not shown");
        Assert.Equal("2027-01-15T08:00:00Z info relay started\n", _output.ToString());
    }

    [Fact]
    public void Warnings_AreBoundedAndTheRestCounted()
    {
        Log log = new(_output, LogLevel.Warn, _time);
        for (int count = 0; count < 1000; count++)
        {
            log.Warn("a peer misbehaves");
        }

        Assert.Equal(Log.WarningsPerMinute, _output.ToString().Count(static character => character == '\n'));
        _time.Value += TimeSpan.FromMinutes(1);
        log.Warn("again");
        Assert.Contains("warn 980 more warnings were not shown\n", _output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith("warn again\n", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ReadyLine_NamesTheFacts_AndOtherEventsNeedJson()
    {
        EventWriter events = new(_output, isJson: false, new HostClock(_time));
        events.Ready("mesh0", ("udp", "127.0.0.1:9000"));
        events.Write("path_built", ("path", "a,b,c"));
        Assert.Equal("ready name=mesh0 udp=127.0.0.1:9000\n", _output.ToString());
    }

    [Fact]
    public void Json_IsOneObjectALine()
    {
        EventWriter events = new(_output, isJson: true, new HostClock(_time));
        events.Ready("mesh0", ("udp", "127.0.0.1:9000"));
        events.Write("path_built", ("path", "a,b,c"));
        string[] lines = _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        using JsonDocument ready = JsonDocument.Parse(lines[0]);
        Assert.Equal("ready", ready.RootElement.GetProperty("event").GetString());
        Assert.Equal("mesh0", ready.RootElement.GetProperty("name").GetString());
        using JsonDocument built = JsonDocument.Parse(lines[1]);
        Assert.Equal("a,b,c", built.RootElement.GetProperty("path").GetString());
        Assert.InRange(built.RootElement.GetProperty("at_ms").GetInt64(), 0, 60_000);
    }

    [Fact]
    public void Success_IsNought() => Assert.Equal(ExitCodes.Success, ProgramRunner.Run(_output, static () => ExitCodes.Success));

    [Fact]
    public void MistakeInAFile_IsTwoAndItsSentence()
    {
        Assert.Equal(2, ProgramRunner.Run(_output, static () => throw new ProgramException(ExitCodes.BadConfiguration, "the name is missing")));
        Assert.Equal("the name is missing\n", _output.ToString());
    }

    [Fact]
    public void DiskTrouble_IsOne() => Assert.Equal(1, ProgramRunner.Run(_output, static () => throw new IOException("disk full")));

    [Fact]
    public void BugOfOurs_IsOneAndAsksForAReport()
    {
        Assert.Equal(1, ProgramRunner.Run(_output, static () => throw new InvariantException("table unsorted")));
        Assert.StartsWith("this is a bug of the program", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void CountersThatCannotBeWritten_DoNotEndTheProgram()
    {
        ProgramRunner.WriteStats(new Log(_output, LogLevel.Error, _time), static () => throw new IOException("disk full"));
        Assert.Contains("the counters cannot be written: disk full", _output.ToString(), StringComparison.Ordinal);
    }
}
