using System;
using OnionSip.Machines;
using Xunit;

namespace OnionSip.Tests.Machines;

/// <summary>MACHINE.TIME</summary>
public sealed class InstantTests
{
    [Fact]
    public void Never_PlusSpan_StaysNever() => Assert.True((Instant.Never + TimeSpan.FromDays(1)).IsNever);

    [Fact]
    public void LateInstant_PlusLongSpan_IsNever() => Assert.True((new Instant(long.MaxValue - 1) + TimeSpan.FromDays(1)).IsNever);
}
