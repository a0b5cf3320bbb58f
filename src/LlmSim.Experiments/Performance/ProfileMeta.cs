using System.Globalization;
using LlmSim.Experiments.Documents;
using LlmSim.Performance.Measured;
using YamlDotNet.RepresentationModel;

namespace LlmSim.Experiments.Performance;

/// <summary>The meta.yaml of a profile: what was measured, and the bins of the correction for contexts that differ.</summary>
internal sealed class ProfileMeta
{
    private readonly string _path;
    private readonly YamlMappingNode _root;

    private ProfileMeta(string path, YamlMappingNode root)
    {
        _path = path;
        _root = root;
    }

    public string Model => Scalar(_root, "model");

    public string Hardware => Scalar(_root, "hardware");

    public string Variant => Scalar(_root, "variant");

    public static ProfileMeta Read(string path) =>
        new(path, YamlFile.Read(path, "a mapping of names to values"));

    /// <summary>The correction at one degree of tensor parallelism; null where the file says that there is none.</summary>
    public SkewCorrection? Skew(string folder, int tpSize)
    {
        if (
            Find(_root, "skew_fit") is not YamlMappingNode fit
            || !string.Equals(Scalar(fit, "enabled"), "true", StringComparison.Ordinal)
            || Find(Mapping(fit, "per_tp"), tpSize.ToString(CultureInfo.InvariantCulture))
                is not YamlMappingNode entry
        )
        {
            return null;
        }

        var axes = Mapping(fit, "bucket_axes");
        SkewAxis[] bins = [Axis(axes, "n"), Axis(axes, "skew_rate"), Axis(axes, "kv_big"), Axis(axes, "kp")];
        var rows = SkewRows(Path.Combine(folder, Scalar(entry, "bucket_table")), bins);
        return new(bins[0], bins[1], bins[2], bins[3], rows, Number(entry, "alpha_default"));
    }

    private static List<SkewAlpha> SkewRows(string path, SkewAxis[] bins)
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
                line.Number(5, min: double.NegativeInfinity)
            )
        );

        int Bin(in ProfileLine line, int column)
        {
            var labels = bins[column - 1].Labels;
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

    private SkewAxis Axis(YamlMappingNode axes, string name)
    {
        var edges = List(axes, $"{name}_bins").Select(Number).ToArray();
        var labels = List(axes, $"{name}_labels").Select(Scalar).ToArray();
        return edges.Length == labels.Length + 1
            ? new(edges, labels)
            : throw Error(axes, $"{name}_bins", $"{edges.Length} edges for {labels.Length} labels");
    }

    private double Number(YamlMappingNode parent, string name) => Number(Required(parent, name));

    private double Number(YamlNode node) =>
        double.TryParse(Scalar(node), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && double.IsFinite(value)
            ? value
            : throw new UserErrorException(
                $"{_path}:{node.Start.Line}: found '{Scalar(node)}'; allowed: a number"
            );

    private string Scalar(YamlMappingNode parent, string name) => Scalar(Required(parent, name));

    private string Scalar(YamlNode node) =>
        node is YamlScalarNode { Value: { Length: > 0 } value }
            ? value
            : throw new UserErrorException($"{_path}:{node.Start.Line}: a value is expected here");

    private YamlMappingNode Mapping(YamlMappingNode parent, string name) =>
        Required(parent, name) as YamlMappingNode ?? throw Error(parent, name, "is not a mapping");

    private YamlSequenceNode List(YamlMappingNode parent, string name) =>
        Required(parent, name) as YamlSequenceNode ?? throw Error(parent, name, "is not a list");

    private YamlNode Required(YamlMappingNode parent, string name) =>
        Find(parent, name) ?? throw Error(parent, name, "missing");

    private static YamlNode? Find(YamlMappingNode parent, string name) =>
        parent.Children.TryGetValue(new YamlScalarNode(name), out var node) ? node : null;

    private UserErrorException Error(YamlNode node, string name, string message) =>
        new($"{_path}:{node.Start.Line}:{name}: {message}");
}
