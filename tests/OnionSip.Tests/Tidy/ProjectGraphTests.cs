using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using Xunit;

namespace OnionSip.Tests.Tidy;

/// <summary>
/// The projects form the star of CONTRIBUTING.md: siblings never refer to each other, the host and the simulator never meet.
/// </summary>
public sealed class ProjectGraphTests
{
    private static readonly string[] s_foundation = ["Machines", "Wire", "Crypto"];

    private static readonly string[] s_composed =
        ["Machines", "Wire", "Crypto", "Links", "Circuits", "Streams", "Directory", "Paths", "Sip", "Media"];

    private static readonly Dictionary<string, string[]> s_mayUse = new()
    {
        ["Machines"] = [],
        ["Wire"] = ["Machines"],
        ["Crypto"] = ["Machines"],
        ["Links"] = s_foundation,
        ["Circuits"] = s_foundation,
        ["Streams"] = s_foundation,
        ["Directory"] = s_foundation,
        ["Paths"] = [.. s_foundation, "Directory"],
        ["Sip"] = ["Machines"],
        ["Media"] = ["Machines"],
        ["Nodes"] = s_composed,
        ["Hosting"] = [.. s_composed, "Nodes"],
        ["Simulation"] = [.. s_composed, "Nodes"],
    };

    private static readonly Dictionary<string, string[]> s_packages = new()
    {
        ["Directory"] = ["Google.Protobuf", "Grpc.Tools"],
    };

    public static TheoryData<string> Projects => [.. s_mayUse.Keys];

    [Fact]
    public void EveryProjectOfTheSource_HasItsPlaceInTheStar() =>
        Assert.Equal(
            s_mayUse.Keys.Order(StringComparer.Ordinal),
            Repository.Files("*.csproj", "src").Select(static file => ShortName(file)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void ProjectFile_RefersOnlyInwards(string project) =>
        Findings.AssertNone(References(ProjectFile(project), "ProjectReference").Select(static path =>
            ShortName(path)).Except(s_mayUse[project]));

    /// <summary>A reference that a project file only inherits still shows in what the compiler wrote.</summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void Assembly_RefersOnlyInwards(string project)
    {
        IEnumerable<string> own = AssemblyReferences.Read("OnionSip." + project).Assemblies
            .Where(static name => name.StartsWith("OnionSip.", StringComparison.Ordinal));
        Findings.AssertNone(own.Select(static name => name["OnionSip.".Length..]).Except(s_mayUse[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void CoreProject_TakesNoPackageUnasked(string project)
    {
        if (project != "Hosting")
        {
            Findings.AssertNone(References(ProjectFile(project), "PackageReference").Except(s_packages.GetValueOrDefault(project, [])));
        }
    }

    [Theory]
    [InlineData("relay")]
    [InlineData("client")]
    public void Program_UsesTheHostAlone(string folder)
    {
        string file = Assert.Single(Repository.Files("*.csproj", folder));
        Assert.Equal(["Hosting"], References(file, "ProjectReference").Select(static path => ShortName(path)));
    }

    /// <summary>A relay carries cells and datagrams; what they say is not its business.</summary>
    [Fact]
    public void RelaySources_HoldNoSipAndNoRtp()
    {
        IReadOnlyList<string> files = Repository.Files("*.cs", "relay", "src/OnionSip.Nodes/Relay", "src/OnionSip.Hosting/Relays");
        Assert.NotEmpty(files);
        Findings.AssertNone(files.Where(static file => Telephony(file)).Select(Repository.Name));
        Assert.Contains(Repository.Files("*.cs", "src/OnionSip.Nodes/Gateway"), static file => Telephony(file));
    }

    private static bool Telephony(string file)
    {
        string text = File.ReadAllText(file);
        return text.Contains("OnionSip.Sip", StringComparison.Ordinal) || text.Contains("OnionSip.Media", StringComparison.Ordinal);
    }

    private static string ProjectFile(string project) =>
        Repository.Require("src", "OnionSip." + project, "OnionSip." + project + ".csproj");

    private static IEnumerable<string> References(string file, string element) =>
        XDocument.Load(file).Descendants(element).Select(static reference => reference.Attribute("Include")!.Value);

    private static string ShortName(string path) => Path.GetFileNameWithoutExtension(path.Replace('\\', '/'))["OnionSip.".Length..];
}
