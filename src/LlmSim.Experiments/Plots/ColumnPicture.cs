using LlmSim.Experiments.Results;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>Columns of a table against another, one line for each column and each value of the columns that tell lines apart.</summary>
public static class ColumnPicture
{
    /// <summary>Draws a picture into a file.</summary>
    /// <param name="path">The table, CSV or Parquet.</param>
    /// <param name="x">The column of horizontal values.</param>
    /// <param name="y">The columns of vertical values, at least one.</param>
    /// <param name="by">Columns whose values tell lines apart.</param>
    /// <param name="folder">Where the picture goes; made when it is not there.</param>
    /// <param name="format">Its format.</param>
    /// <returns>The picture's path.</returns>
    /// <exception cref="UserErrorException">A column is missing, a cell is no number, or there is nothing to draw.</exception>
    public static string Draw(
        string path,
        string x,
        IReadOnlyList<string> y,
        IReadOnlyList<string> by,
        string folder,
        PictureFormat format
    )
    {
        var series = Series(ResultTable.Open(path), x, y, by);
        if (series.All(one => one.Points.Count == 0))
        {
            throw new UserErrorException($"{path}: no row has numbers in {x} and {string.Join(", ", y)}");
        }

        const string Option = "--output";
        PictureSet.CreateFolder(Option, folder);
        var name = $"{string.Join('_', y)}_against_{x}";
        var picture = Path.Combine(folder, $"{name}.{format.ToString().ToLowerInvariant()}");
        using var files = new OutputSet();
        files.Add(Option, picture).Write(new Picture(name, Plot(x, y, series)).Render(format));
        files.Commit();
        return picture;
    }

    private static Plot Plot(string x, IReadOnlyList<string> y, List<NamedSeries> series)
    {
        // Names of several columns are in the legend.
        var label = y is [var only] ? only : "";
        var points = series.SelectMany(one => one.Points).ToArray();
        var plot = PictureStyle.NewPlot(y.Count == 1 ? $"{label} against {x}" : $"Against {x}", x, label);
        var horizontal = AxisScale.For(points.Select(point => point.X));
        var vertical = AxisScale.For(points.Select(point => point.Y));
        for (var i = 0; i < series.Count; i++)
        {
            var line = plot.Add.Scatter(
                series[i]
                    .Points.OrderBy(point => point.X)
                    .Select(point => new Coordinates(horizontal.Map(point.X), vertical.Map(point.Y)))
                    .ToArray()
            );
            line.LegendText = series[i].Name;
            line.Color = PictureStyle.ColorOf(i);
            line.MarkerStyle = PictureStyle.MarkerOf(i);
            line.LineWidth = PictureStyle.LineWidth;
        }

        horizontal.ApplyTo(plot.Axes.Bottom);
        vertical.ApplyTo(plot.Axes.Left);
        PictureStyle.AddLegend(plot, series.Count);
        return plot;
    }

    private static List<NamedSeries> Series(
        ResultTable table,
        string x,
        IReadOnlyList<string> y,
        IReadOnlyList<string> by
    )
    {
        var horizontal = table.Numbers(x)[0];
        var keys = table.Texts([.. by]);
        var groups = Enumerable
            .Range(0, horizontal.Length)
            .GroupBy(row => string.Join(", ", keys.Select(column => column[row])), StringComparer.Ordinal)
            .ToArray();
        var series = new List<NamedSeries>();
        foreach (var column in y)
        {
            var vertical = table.Numbers(column)[0];
            foreach (var group in groups)
            {
                var name = (y.Count > 1, by.Count > 0) switch
                {
                    (true, true) => $"{column}: {group.Key}",
                    (false, true) => group.Key,
                    _ => column,
                };
                series.Add(
                    new NamedSeries(
                        name,
                        [.. group.Select(row => horizontal[row])],
                        [.. group.Select(row => vertical[row])]
                    )
                );
            }
        }

        return series;
    }
}
