using Xunit;

namespace OnionSip.Tests;

/// <summary>Tests that measure the whole process's heap: nothing else may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
