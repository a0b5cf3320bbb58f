using System.Globalization;
using LlmSim.Experiments.Documents;
using LlmSim.Fleets;
using YamlDotNet.RepresentationModel;

namespace LlmSim.Experiments.Fleets;

/// <summary>
/// Faults at given times as a YAML file: <c>faults: [{ at: 60, what: fail, stage: decode, instance: 1, for: 120 }]</c>.
/// </summary>
internal static class FaultFile
{
    private const string Expected = "a mapping with a list of faults";

    private static readonly string[] s_kinds =
    [
        .. Enum.GetNames<FaultKind>().Select(name => name.ToLowerInvariant()),
    ];
    private static readonly string[] s_stages = ["prefill", "decode", "mixed"];
    private static readonly string[] s_fields =
    [
        "at",
        "what",
        "stage",
        "instance",
        "for",
        "factor",
        "notice",
    ];
    private static readonly FigureRange s_factor = new(0, 1000, IsAboveLeast: true);
    private static readonly FigureRange s_instance = new(0, 1_000_000);

    /// <summary>The faults of a file.</summary>
    /// <exception cref="UserErrorException">Something is wrong; the message has file and line.</exception>
    public static IReadOnlyList<Fault> Read(string path)
    {
        // A scenario file may have the list itself.
        var root = path.StartsWith('[')
            ? YamlFile.Parse($"faults: {path}", path = "faults", Expected)
            : YamlFile.Read(path, Expected);
        var faults = new List<Fault>();
        foreach (var (key, value) in root.Children)
        {
            if (Text(path, key) == SchemaField.Name)
            {
                continue;
            }

            if (Text(path, key) != "faults" || value is not YamlSequenceNode list)
            {
                throw Error(path, key, $"found '{Text(path, key)}'; allowed: faults, with a list");
            }

            faults.AddRange(list.Children.Select(node => ReadFault(path, node)));
        }

        return faults;
    }

    private static Fault ReadFault(string path, YamlNode node)
    {
        if (node is not YamlMappingNode mapping)
        {
            throw Error(
                path,
                node,
                $"found something else where a fault should be; allowed: {string.Join(", ", s_fields)}"
            );
        }

        var fields = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Children)
        {
            var name = Text(path, key);
            if (!s_fields.Contains(name))
            {
                throw Error(
                    path,
                    key,
                    $"unknown field '{name}'; allowed: {string.Join(", ", s_fields)}.{Suggestion.For(name, s_fields)}"
                );
            }

            fields.Add(name, value);
        }

        double? Number(string name, FigureRange range) =>
            !fields.TryGetValue(name, out var value) ? null
            : double.TryParse(
                Text(path, value),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var number
            ) && range.Contains(number)
                ? number
            : throw Error(path, value, $"{name}: found '{Text(path, value)}'; allowed: a number {range}");
        int? Count(string name, FigureRange range) =>
            Number(name, range) is not { } number ? null
            : double.IsInteger(number) ? (int)number
            : throw Error(
                path,
                fields[name],
                $"{name}: found '{Text(path, fields[name])}'; allowed: a whole number {range}"
            );
        string? Word(string name, string[] words) =>
            !fields.TryGetValue(name, out var value) ? null
            : words.Contains(Text(path, value)) ? Text(path, value)
            : throw Error(
                path,
                value,
                $"{name}: found '{Text(path, value)}'; allowed: {string.Join(", ", words)}.{Suggestion.For(Text(path, value), words)}"
            );
        var what =
            Word("what", s_kinds)
            ?? throw Error(path, node, $"what: is missing; allowed: {string.Join(", ", s_kinds)}");
        var kind = (FaultKind)Array.IndexOf(s_kinds, what);
        var factor = Number("factor", s_factor);
        return factor is null && kind != FaultKind.Fail
            ? throw Error(path, node, $"factor: is missing; allowed with {what}: a number {s_factor}")
            : new Fault
            {
                AtSeconds =
                    Number("at", FigureRanges.Seconds)
                    ?? throw Error(path, node, $"at: is missing; allowed: a number {FigureRanges.Seconds}"),
                Kind = kind,
                Stage = Word("stage", s_stages),
                Instance = Count("instance", s_instance),
                ForSeconds = Number("for", FigureRanges.PositiveSeconds),
                Factor = factor ?? 1,
                NoticeSeconds = Number("notice", FigureRanges.Seconds) ?? 0,
            };
    }

    private static string Text(string path, YamlNode node) =>
        node is YamlScalarNode { Value: { Length: > 0 } text }
            ? text
            : throw Error(path, node, "found something else where one value should be");

    private static UserErrorException Error(string path, YamlNode node, string message) =>
        new($"{path}:{node.Start.Line}: {message}");
}
