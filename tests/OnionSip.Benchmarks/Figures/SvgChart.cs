using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Security;
using System.Text;

namespace OnionSip.Benchmarks;

/// <summary>One line of a chart.</summary>
internal sealed record ChartSeries(string Name, string Colour, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A chart with two logarithmic axes, as SVG that needs nothing but itself.</summary>
internal sealed class SvgChart(string title, string xTitle, string yTitle, IReadOnlyList<ChartSeries> series, IReadOnlyList<string> notes)
{
    private const double Width = 760;
    private const double Left = 80;
    private const double Right = 24;
    private const double Top = 48;
    private const double PlotHeight = 330;

    private readonly StringBuilder _svg = new();
    private double _xLow;
    private double _xHigh;
    private double _yLow;
    private double _yHigh;

    public void WriteTo(string file) => File.WriteAllText(file, Draw());

    public string Draw()
    {
        (_xLow, _xHigh) = Decades(static point => point.X);
        (_yLow, _yHigh) = Decades(static point => point.Y);
        double height = Top + PlotHeight + 62 + (18 * (series.Count + notes.Count));
        _svg.Clear();
        Add($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {N(Width)} {N(height)}" font-family="sans-serif" font-size="13" fill="#222">""");
        Add($"""<rect width="{N(Width)}" height="{N(height)}" fill="#fff"/>""");
        Text(Left, 24, "start", title, "font-size=\"16\" font-weight=\"bold\"");
        DrawGrid();
        foreach (ChartSeries line in series)
        {
            DrawSeries(line);
        }

        double y = Top + PlotHeight + 56;
        foreach (ChartSeries line in series)
        {
            Add($"""<circle cx="{N(Left + 5)}" cy="{N(y - 4)}" r="4" fill="{line.Colour}"/>""");
            Text(Left + 16, y, "start", line.Name);
            y += 18;
        }

        foreach (string note in notes)
        {
            Text(Left, y, "start", note, "fill=\"#666\"");
            y += 18;
        }

        Add("</svg>");
        return _svg.ToString();
    }

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Tick(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    private void DrawGrid()
    {
        for (double decade = _xLow; decade <= _xHigh * 1.001; decade *= 10)
        {
            for (int part = 1; part < 10 && decade * part <= _xHigh * 1.001; part++)
            {
                double x = X(decade * part);
                Add($"""<line x1="{N(x)}" y1="{N(Top)}" x2="{N(x)}" y2="{N(Top + PlotHeight)}" stroke="{(part == 1 ? "#bbb" : "#eee")}"/>""");
            }

            Text(X(decade), Top + PlotHeight + 18, "middle", Tick(decade));
        }

        for (double decade = _yLow; decade <= _yHigh * 1.001; decade *= 10)
        {
            for (int part = 1; part < 10 && decade * part <= _yHigh * 1.001; part++)
            {
                double y = Y(decade * part);
                Add($"""<line x1="{N(Left)}" y1="{N(y)}" x2="{N(Width - Right)}" y2="{N(y)}" stroke="{(part == 1 ? "#bbb" : "#eee")}"/>""");
            }

            Text(Left - 8, Y(decade) + 4, "end", Tick(decade));
        }

        Text(Left + ((Width - Left - Right) / 2), Top + PlotHeight + 36, "middle", xTitle);
        double middle = Top + (PlotHeight / 2);
        Text(22, middle, "middle", yTitle, $"transform=\"rotate(-90 22 {N(middle)})\"");
    }

    private void DrawSeries(ChartSeries line)
    {
        StringBuilder points = new();
        foreach ((double x, double y) in line.Points)
        {
            points.Append(N(X(x))).Append(',').Append(N(Y(y))).Append(' ');
        }

        Add($"""<polyline points="{points.ToString().TrimEnd()}" fill="none" stroke="{line.Colour}" stroke-width="2"/>""");
        foreach ((double x, double y) in line.Points)
        {
            Add($"""<circle cx="{N(X(x))}" cy="{N(Y(y))}" r="4" fill="{line.Colour}"/>""");
            Text(X(x), Y(y) - 9, "middle", y.ToString(y < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture), $"font-size=\"11\" fill=\"{line.Colour}\"");
        }
    }

    private void Text(double x, double y, string anchor, string text, string more = "") =>
        Add($"""<text x="{N(x)}" y="{N(y)}" text-anchor="{anchor}" {more}>{SecurityElement.Escape(text)}</text>""");

    private void Add(string line) => _svg.AppendLine(line);

    private double X(double value) => Left + ((Width - Left - Right) * Math.Log(value / _xLow) / Math.Log(_xHigh / _xLow));

    private double Y(double value) => Top + PlotHeight - (PlotHeight * Math.Log(value / _yLow) / Math.Log(_yHigh / _yLow));

    private (double Low, double High) Decades(Func<(double X, double Y), double> of)
    {
        double low = double.MaxValue;
        double high = double.MinValue;
        foreach (ChartSeries line in series)
        {
            foreach ((double X, double Y) point in line.Points)
            {
                low = Math.Min(low, of(point));
                high = Math.Max(high, of(point));
            }
        }

        double from = Math.Pow(10, Math.Floor(Math.Log10(low) + 1e-9));
        double to = Math.Pow(10, Math.Ceiling(Math.Log10(high) - 1e-9));
        return (from, Math.Max(to, from * 10));
    }
}
