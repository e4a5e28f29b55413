using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace OnionSip.Tests.Tidy;

/// <summary>
/// The core does no input or output, keeps no clock and draws no lots: what its compiled assemblies name is read and judged. (MACHINE.TIME,
/// MACHINE.ENTROPY)
/// </summary>
public sealed class PurityTests
{
    public static TheoryData<string> Core =>
        [.. System.IO.Directory.GetFiles(AppContext.BaseDirectory, "OnionSip.*.dll")
            .Select(static file => Path.GetFileNameWithoutExtension(file))
            .Where(static name => name is not ("OnionSip.Tests" or "OnionSip.Hosting")).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Core))]
    public void CoreAssembly_NamesNothingImpure(string assembly)
    {
        AssemblyReferences references = AssemblyReferences.Read(assembly);
        Assert.NotEmpty(references.Types);
        Findings.AssertNone(PurityRules.Broken(references));
    }

    [Fact]
    public void EveryCoreProject_IsJudged()
    {
        IEnumerable<string> projects = Repository.Files("*.csproj", "src").Select(static file => Path.GetFileNameWithoutExtension(file));
        Assert.Equal(projects.Where(static name => name != "OnionSip.Hosting"), Core.Select(static row => row.Data));
    }

    /// <summary>The control: the same judgement of the project that has the sockets must find them.</summary>
    [Theory]
    [InlineData("System.Net.Sockets.Socket")]
    [InlineData("System.Threading.Tasks.Task")]
    [InlineData("System.Threading.Interlocked")]
    [InlineData("System.IO.File")]
    [InlineData("System.Environment.get_NewLine")]
    [InlineData("System.Security.Cryptography.RandomNumberGenerator")]
    [InlineData("System.TimeProvider")]
    public void HostingAssembly_IsFoundOut(string name) =>
        Assert.Contains(name, PurityRules.Broken(AssemblyReferences.Read("OnionSip.Hosting")));

    /// <summary>
    /// The second control: this assembly itself keeps a mutable static field and calls a native function nowhere, the host does.
    /// </summary>
    [Fact]
    public void MutableStaticAndNativeFunction_AreFoundOut()
    {
        s_canary++; // an assignment, so that the field is what it looks like
        Assert.Contains("static OnionSip.Tests.Tidy.PurityTests.s_canary", PurityRules.Broken(AssemblyReferences.Read("OnionSip.Tests")));
        Assert.Contains(PurityRules.Broken(AssemblyReferences.Read("OnionSip.Hosting")), static line =>
            line.StartsWith("native ", StringComparison.Ordinal));
    }

    private static int s_canary;
}
