using System;

namespace OnionSip.Benchmarks;

/// <summary>The command line of <c>script/bench relay</c>.</summary>
internal sealed record RelayOptions
{
    public string? JsonFile { get; init; }

    public bool IsQuick { get; init; }

    public bool ComparesTor { get; init; }

    /// <summary>Where the relay's time goes is printed too.</summary>
    public bool IsProfiled { get; init; }

    public string? ChartFolder { get; init; }

    public int Calls { get; init; } = 1000;

    public int Peers { get; init; } = 20;

    /// <summary>What the relay is to the calls when its capacity is measured.</summary>
    public Loads.RelayPart[] Parts { get; init; } = [Loads.RelayPart.Middle, Loads.RelayPart.Guard, Loads.RelayPart.Exit];

    /// <summary>Names of parts, empty for all.</summary>
    public string[] Only { get; init; } = [];

    public int Repeats => IsQuick ? 1 : 3;

    public TimeSpan WarmUp => TimeSpan.FromSeconds(IsQuick ? 5 : 8);

    public TimeSpan Window => TimeSpan.FromSeconds(IsQuick ? 2 : 4);

    public int Windows => IsQuick ? 3 : 3;

    public bool Wants(string part) => Only.Length == 0 || Array.IndexOf(Only, part) >= 0;

    /// <summary>Null with a sentence when a word is not understood.</summary>
    public static RelayOptions? Parse(string[] words, out string problem)
    {
        RelayOptions options = new();
        problem = "";
        for (int index = 0; index < words.Length; index++)
        {
            string? value = index + 1 < words.Length ? words[index + 1] : null;
            switch (words[index])
            {
                case "--quick":
                    options = options with { IsQuick = true };
                    continue;
                case "--profile":
                    options = options with { IsProfiled = true };
                    continue;
                case "--part" when value is not null && Enum.TryParse(value, ignoreCase: true, out Loads.RelayPart part):
                    options = options with { Parts = [part] };
                    break;
                case "--vs" when value == "tor":
                    options = options with { ComparesTor = true };
                    break;
                case "--json" when value is not null:
                    options = options with { JsonFile = value };
                    break;
                case "--chart" when value is not null:
                    options = options with { ChartFolder = value };
                    break;
                case "--only" when value is not null:
                    options = options with { Only = value.Split(',') };
                    break;
                case "--calls" when int.TryParse(value, out int calls) && calls is >= 1 and <= Loads.LoadOptions.MostCalls:
                    options = options with { Calls = calls };
                    break;
                case "--peers" when int.TryParse(value, out int peers) && peers is >= 1 and <= 1000:
                    options = options with { Peers = peers };
                    break;
                default:
                    problem = $"{words[index]} {value} is not understood; see script/bench --help";
                    return null;
            }

            index++;
        }

        return options;
    }
}
