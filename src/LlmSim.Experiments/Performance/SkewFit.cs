using System.Globalization;
using LlmSim.Experiments.Documents;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Performance;

/// <summary>
/// The correction for contexts that differ, as a profile has it: the bins in meta.yaml, and for each degree of tensor parallelism
/// a table of what was fitted in them.
/// </summary>
internal sealed class SkewFit
{
    private static readonly FigureRange s_alpha = new(-1e6, 1e6);

    /// <summary>A table of all combinations of bins is kept for each number of prefill tokens.</summary>
    private const long MostBins = 1_000_000;

    private static readonly string[] s_axes = ["n", "skew_rate", "kv_big", "kp"];

    private static readonly string[] s_degreeFields =
    [
        "alpha_default",
        "bucket_table",
        "method",
        "n_samples",
        "rel_err_p50",
        "rel_err_p90",
        "rel_err_p99",
        "signed_mean",
    ];

    private readonly SkewAxis[] _bins;
    private readonly YamlFields _degrees;

    private SkewFit(SkewAxis[] bins, YamlFields degrees) => (_bins, _degrees) = (bins, degrees);

    /// <summary>Reads the block of meta.yaml; null where it says that the correction is off.</summary>
    public static SkewFit? Read(YamlFields fields)
    {
        fields.RequireOnly(["enabled", "bucket_axes", "per_tp"]);
        if (!fields.Flag("enabled"))
        {
            return null;
        }

        var axes = fields.Mapping("bucket_axes");
        axes.RequireOnly(["pc", .. s_axes.SelectMany(axis => new[] { Edges(axis), Labels(axis) })]);
        SkewAxis[] bins = [.. s_axes.Select(axis => Axis(axes, axis))];
        var all = bins.Aggregate(1L, (product, axis) => Math.Min(MostBins + 1, product * axis.Bins));
        return all <= MostBins
            ? new(bins, fields.Mapping("per_tp"))
            : throw fields.Error(
                "bucket_axes",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"more than {MostBins:N0} combinations of bins; allowed are so many"
                )
            );
    }

    /// <summary>The corrections by degree; a degree that the file does not have was not measured.</summary>
    /// <param name="folder">The profile's folder.</param>
    /// <param name="tpDegrees">The degrees that the profile has tables of.</param>
    public Dictionary<int, SkewCorrection> Corrections(string folder, IReadOnlyCollection<int> tpDegrees)
    {
        var names = tpDegrees.ToDictionary(tp => tp.ToString(CultureInfo.InvariantCulture));
        _degrees.RequireOnly(names.Keys);
        return _degrees.Names.ToDictionary(
            name => names[name],
            name => Correction(folder, _degrees.Mapping(name))
        );
    }

    private SkewCorrection Correction(string folder, YamlFields fields)
    {
        fields.RequireOnly(s_degreeFields);
        var table = fields.Text("bucket_table");
        if (Path.IsPathRooted(table) || table.Split('/', '\\').Contains(".."))
        {
            throw fields.Error("bucket_table", $"found '{table}'; allowed: a file in the profile's folder");
        }

        return new(
            _bins[0],
            _bins[1],
            _bins[2],
            _bins[3],
            Rows(Path.Combine(folder, table)),
            fields.Number("alpha_default")
        );
    }

    private List<SkewAlpha> Rows(string path)
    {
        return ProfileTable.Read(
            path,
            ["pc", "n_label", "skew_rate_label", "kv_big_label", "kp_label", "alpha"],
            line => new SkewAlpha(
                line.Count(0),
                Bin(line, 1),
                Bin(line, 2),
                Bin(line, 3),
                Bin(line, 4),
                line.Number(5, s_alpha)
            )
        );

        int Bin(in ProfileLine line, int column)
        {
            var labels = _bins[column - 1].Labels;
            var label = line.Text(column);
            for (var bin = 0; bin < labels.Count; bin++)
            {
                if (labels[bin] == label)
                {
                    return bin;
                }
            }

            throw line.Error(column, string.Join(", ", labels));
        }
    }

    private static SkewAxis Axis(YamlFields axes, string name)
    {
        var edges = axes.Numbers(Edges(name));
        var labels = axes.Texts(Labels(name));
        if (edges.Length != labels.Length + 1)
        {
            throw axes.Error(Edges(name), $"{edges.Length} edges for {labels.Length} labels");
        }

        for (var bin = 1; bin < edges.Length; bin++)
        {
            if (edges[bin] <= edges[bin - 1])
            {
                throw axes.Error(Edges(name), $"{edges[bin]} after {edges[bin - 1]}; the edges must ascend");
            }
        }

        return labels.Distinct(StringComparer.Ordinal).Count() == labels.Length
            ? new(edges, labels)
            : throw axes.Error(Labels(name), "two bins have one label");
    }

    private static string Edges(string axis) => $"{axis}_bins";

    private static string Labels(string axis) => $"{axis}_labels";
}
