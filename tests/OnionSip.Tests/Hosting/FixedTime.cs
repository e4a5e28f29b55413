using System;

namespace OnionSip.Tests.Hosting;

/// <summary>A wall clock that says what the test says.</summary>
internal sealed class FixedTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Value { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Value;
}
