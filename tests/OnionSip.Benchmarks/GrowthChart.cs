namespace OnionSip.Benchmarks;

internal sealed class GrowthChart(RelayOptions options)
{
    public void Write(string folder) => System.Console.WriteLine(folder + options);
}
