using Xunit;

namespace OnionSip.Tests;

/// <summary>Tests that measure the heap, of the process or of a thread (a collection beside them makes that count too much): nothing else may run beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
