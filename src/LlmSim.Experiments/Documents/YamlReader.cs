using YamlDotNet.RepresentationModel;

namespace LlmSim.Experiments.Documents;

/// <summary>Reads a YAML file whose keys are not known beforehand, node by node; every error says file and line.</summary>
internal abstract class YamlReader(string file)
{
    /// <summary>The file's path.</summary>
    protected string File => file;

    /// <summary>The one value that a node is.</summary>
    protected string Text(YamlNode node) =>
        node is not YamlScalarNode { Value: { Length: > 0 } text }
            ? throw Error(node, "found something else where one value should be")
        : text.Any(char.IsControl)
            ? throw Error(node, $"found '{text}'; allowed: one value without control characters")
        : text;

    /// <summary>File and line of a node.</summary>
    protected string Where(YamlNode node) => $"{file}:{node.Start.Line}";

    /// <summary>What is wrong at a node.</summary>
    protected UserErrorException Error(YamlNode node, string message) => new($"{Where(node)}: {message}");
}
