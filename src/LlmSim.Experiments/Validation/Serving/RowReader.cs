using LlmSim.Experiments.Results;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Reads a table of measured configurations; its columns say which layout it has.</summary>
internal static class RowReader
{
    private static readonly IRowLayout[] s_layouts = [new SiliconLayout(), new InferenceXLayout()];

    /// <summary>The rows in the order of the file; at least one.</summary>
    /// <exception cref="UserErrorException">The file is wrong; the message says where and what.</exception>
    public static IReadOnlyList<MeasuredCase> Read(string path, ModelCatalog models)
    {
        using var file = CsvFile.Open(path);
        var layout = Layout(path, file.Columns);
        var rows = new List<MeasuredCase>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (file.MoveNext())
        {
            var one = layout.Row(new RowCells($"{path}:{file.Line}", file.Texts()), models);
            if (!lines.TryAdd(one.Id, file.Line))
            {
                throw new UserErrorException(
                    $"{path}:{file.Line}: id: found '{one.Id}', which line {lines[one.Id]} has; allowed: an id of its own"
                );
            }

            rows.Add(one);
        }

        return rows.Count > 0
            ? rows
            : throw new UserErrorException($"{path}: has no rows; allowed: at least one");
    }

    private static IRowLayout Layout(string path, IReadOnlyList<string> columns)
    {
        var layout =
            s_layouts.FirstOrDefault(layout => layout.Required.All(columns.Contains))
            ?? throw new UserErrorException(
                $"{path}:1: is no table of measured rows: "
                    + string.Join(
                        "; ",
                        s_layouts.Select(layout =>
                            $"for {layout.Name} it lacks {string.Join(", ", layout.Required.Except(columns))}"
                        )
                    )
            );
        return columns.FirstOrDefault(column => !layout.Known.Contains(column)) is { } unknown
            ? throw new UserErrorException(
                $"{path}:1: column '{unknown}' is unknown.{Suggestion.For(unknown, layout.Known)} Allowed: {string.Join(", ", layout.Known)}"
            )
            : layout;
    }
}

/// <summary>The columns of one kind of table and what they mean.</summary>
internal interface IRowLayout
{
    /// <summary>Whose layout it is.</summary>
    string Name { get; }

    /// <summary>Columns that it has to have.</summary>
    IReadOnlyList<string> Required { get; }

    /// <summary>Columns that it may have.</summary>
    IReadOnlyList<string> Known { get; }

    /// <summary>One row.</summary>
    /// <exception cref="UserErrorException">A cell is wrong.</exception>
    MeasuredCase Row(RowCells cells, ModelCatalog models);
}
