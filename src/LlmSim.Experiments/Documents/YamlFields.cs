using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace LlmSim.Experiments.Documents;

/// <summary>A mapping of a YAML file, read field by field; every error says file, line and field.</summary>
internal sealed class YamlFields(string path, YamlMappingNode mapping)
{
    /// <summary>Names of all fields, in the order of the file.</summary>
    public IEnumerable<string> Names => mapping.Children.Keys.Select(NameOf);

    /// <summary>Throws where there is a field of another name.</summary>
    public void RequireOnly(IReadOnlyCollection<string> names)
    {
        foreach (var key in mapping.Children.Keys)
        {
            var name = NameOf(key);
            if (!names.Contains(name))
            {
                throw ErrorAt(
                    key,
                    name,
                    $"unknown.{Suggestion.For(name, names)} Known are {string.Join(", ", names)}."
                );
            }
        }
    }

    public bool Has(string name) => mapping.Children.ContainsKey(new YamlScalarNode(name));

    public string Text(string name) => Text(name, Required(name));

    /// <summary>One of some words.</summary>
    public string OneOf(string name, IReadOnlyCollection<string> words)
    {
        var word = Text(name);
        return words.Contains(word)
            ? word
            : throw Error(
                name,
                $"found '{word}'; allowed: {string.Join(", ", words)}.{Suggestion.For(word, words)}"
            );
    }

    /// <summary>A boolean as YAML 1.2 has them (the core schema, 10.3.2): 'yes' and 'on' are text.</summary>
    public bool Flag(string name) =>
        Required(name) is YamlScalarNode { Style: ScalarStyle.Plain } node
            ? node.Value switch
            {
                "true" or "True" or "TRUE" => true,
                "false" or "False" or "FALSE" => false,
                _ => throw Error(name, $"found '{node.Value}'; allowed: true or false"),
            }
            : throw Error(name, "allowed: true or false, without quotes");

    /// <summary>A finite number.</summary>
    public double Number(string name) => Number(name, Required(name));

    /// <summary>A number of a range; null when it is not there.</summary>
    public double? Number(string name, FigureRange range) =>
        !Has(name) ? null
        : Number(name) is var value && range.Contains(value) ? value
        : throw Error(name, $"found '{Text(name)}'; allowed: a number {range}");

    /// <summary>A whole number of a range; null when it is not there.</summary>
    public long? Whole(string name, FigureRange range) =>
        Number(name, range) is not { } value ? null
        : double.IsInteger(value) ? (long)value
        : throw Error(name, $"found '{Text(name)}'; allowed: a whole number {range}");

    /// <summary>Mappings of a list, at least one unless it may be empty.</summary>
    public IReadOnlyList<YamlFields> Mappings(string name, bool mayBeEmpty = false)
    {
        var mappings = List(name)
            .Select(node =>
                node is YamlMappingNode mapping
                    ? new YamlFields(path, mapping)
                    : throw ErrorAt(node, name, "is not a list of mappings")
            )
            .ToArray();
        return mayBeEmpty || mappings.Length > 0
            ? mappings
            : throw Error(name, "is empty; allowed: at least one");
    }

    /// <summary>An error at a field that is not there.</summary>
    public UserErrorException Missing(string name, string message) => ErrorAt(mapping, name, message);

    public double[] Numbers(string name) => [.. List(name).Select(node => Number(name, node))];

    public string[] Texts(string name) => [.. List(name).Select(node => Text(name, node))];

    public YamlFields Mapping(string name) =>
        Required(name) is YamlMappingNode node ? new(path, node) : throw Error(name, "is not a mapping");

    /// <summary>An error at a field that is there.</summary>
    public UserErrorException Error(string name, string message) => ErrorAt(Required(name), name, message);

    private YamlNode Required(string name) =>
        mapping.Children.TryGetValue(new YamlScalarNode(name), out var node)
            ? node
            : throw ErrorAt(mapping, name, "missing");

    private YamlSequenceNode List(string name) =>
        Required(name) as YamlSequenceNode ?? throw Error(name, "is not a list");

    private double Number(string name, YamlNode node)
    {
        var text = Text(name, node);
        return
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && double.IsFinite(value)
            ? value
            : throw ErrorAt(node, name, $"found '{text}'; allowed: a number");
    }

    private string Text(string name, YamlNode node) =>
        node is YamlScalarNode { Value: { Length: > 0 } value }
            ? value
            : throw ErrorAt(node, name, "a value is expected here");

    /// <summary><see cref="YamlEvents" /> lets no other keys through.</summary>
    private static string NameOf(YamlNode key) => ((YamlScalarNode)key).Value!;

    private UserErrorException ErrorAt(YamlNode node, string name, string message) =>
        new($"{path}:{node.Start.Line}:{name}: {message}");
}
