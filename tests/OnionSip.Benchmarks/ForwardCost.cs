namespace OnionSip.Benchmarks;

/// <summary>Processor time of the guard's and the middle's threads, and the cells they sent on.</summary>
internal readonly record struct ForwardCost(long Nanoseconds, long Cells)
{
    public double NanosecondsPerCell => Cells == 0 ? double.NaN : Nanoseconds / (double)Cells;

    public ForwardCost Since(ForwardCost earlier) => new(Nanoseconds - earlier.Nanoseconds, Cells - earlier.Cells);
}
