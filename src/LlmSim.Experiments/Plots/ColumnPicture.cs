using LlmSim.Experiments.Results;
using ScottPlot;

namespace LlmSim.Experiments.Plots;

/// <summary>Columns of a table against another, one line for each column and each value of the columns that tell lines apart.</summary>
internal static class ColumnPicture
{
    /// <summary>Draws a picture into a file.</summary>
    /// <param name="path">The table, CSV or Parquet.</param>
    /// <param name="x">The column of horizontal values.</param>
    /// <param name="y">The columns of vertical values, at least one.</param>
    /// <param name="by">Columns whose values tell lines apart.</param>
    /// <param name="folder">Where the picture goes; made when it is not there.</param>
    /// <param name="look">Its format, size and words.</param>
    /// <param name="areBands">Whether intervals over seeds are bands rather than bars.</param>
    /// <returns>The picture's path.</returns>
    /// <exception cref="UserErrorException">A column is missing, a cell is no number, or there is nothing to draw.</exception>
    public static string Draw(
        string path,
        string x,
        IReadOnlyList<string> y,
        IReadOnlyList<string> by,
        string folder,
        PictureLook look,
        bool areBands = false
    )
    {
        using var claims = FileClaims.Begin();
        var table = ResultTable.Open(path);
        var rows = new ColumnLines(table, x, by);
        var lines = y.SelectMany(column => rows.Of(column, y.Count > 1 || by.Count == 0 ? column : ""))
            .ToArray();
        if (lines.Length == 0)
        {
            throw new UserErrorException($"{path}: no row has numbers in {x} and {string.Join(", ", y)}");
        }

        const string Option = "--output";
        PictureSet.CreateFolder(Option, folder);
        var name = $"{string.Join('_', y)}_against_{x}";
        var picture = PictureSet.PathOf(folder, name, look.Format);
        using var files = new OutputSet();
        var plot = Plot(x, y, lines, rows.HasSeeds, areBands, TierNote.Of([table]));
        files.Add(Option, picture).Write(new Picture(name, plot).Render(look));
        files.Commit();
        return picture;
    }

    private static Plot Plot(
        string x,
        IReadOnlyList<string> y,
        MeanLine[] lines,
        bool hasSeeds,
        bool areBands,
        string? tierNote
    )
    {
        // Names of several columns are in the legend.
        var label = y is [var only] ? only : "";
        var points = lines.SelectMany(line => line.Points).ToArray();
        var most = points.Max(point => point.Values.Count);
        var plot = PictureStyle.NewPlot(
            y.Count == 1 ? $"{label} against {x}" : $"Against {x}",
            x,
            label,
            most == 1 ? null
                : hasSeeds ? "each point is the mean over its seeds"
                : FormattableString.Invariant($"each point is the mean of up to {most:N0} rows with one {x}")
        );
        PictureStyle.AddNotes(plot, tierNote);
        MeanLine.Draw(
            plot,
            lines,
            AxisScale.For(points.Select(point => point.X)),
            AxisScale.For(points.SelectMany(point => point.Values)),
            hasSeeds,
            areBands
        );
        return plot;
    }
}
