using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json;

namespace OnionSip.Benchmarks;

/// <summary>The figures of a run: printed as they come, written as JSON at the end.</summary>
internal sealed class FigureList
{
    private readonly List<Figure> _figures = [];

    public IReadOnlyList<Figure> All => _figures;

    public void Add(Figure figure)
    {
        _figures.Add(figure);
        string spread = figure.Low.Equals(figure.High) ? "" : string.Create(CultureInfo.InvariantCulture, $"  {figure.Low:0.###} to {figure.High:0.###}");
        string goal = figure.Goal.Length == 0 ? "" : "  goal " + figure.Goal;
        string note = figure.Note.Length == 0 ? "" : "  (" + figure.Note + ")";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{figure.Name,-34} {figure.Value,12:0.###} {figure.Unit,-8}{spread}{goal}{note}"));
    }

    public double? Find(string name) => _figures.Find(figure => figure.Name == name)?.Value;

    public void WriteTo(string file)
    {
        using FileStream stream = File.Create(file);
        using Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true });
        writer.WriteStartArray();
        foreach (Figure figure in _figures)
        {
            writer.WriteStartObject();
            writer.WriteString("name", figure.Name);
            Write(writer, "value", figure.Value);
            writer.WriteString("unit", figure.Unit);
            if (!figure.Low.Equals(figure.High))
            {
                Write(writer, "low", figure.Low);
                Write(writer, "high", figure.High);
            }

            if (figure.Note.Length > 0)
            {
                writer.WriteString("note", figure.Note);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, string name, double value)
    {
        if (double.IsFinite(value))
        {
            writer.WriteNumber(name, Math.Round(value, 6));
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
