using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace LlmSim.Experiments.Documents;

/// <summary>Reads YAML files: one mapping, of limited size and depth, without two values for one key.</summary>
internal static class YamlFile
{
    private const int LargestBytes = 4 << 20;

    /// <summary>The mapping that a file is.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="expected">What it should be, for messages.</param>
    /// <exception cref="UserErrorException">It is not; the message has file and line.</exception>
    public static YamlMappingNode Read(string path, string expected)
    {
        using var stream = InputFile.Open(path);
        var bytes = Utf8Document.Read(stream, path, LargestBytes, expected);
        return Parse(System.Text.Encoding.UTF8.GetString(bytes.Span), path, expected);
    }

    /// <summary>The mapping that a text is.</summary>
    /// <param name="content">The text.</param>
    /// <param name="path">Where it is from, for messages.</param>
    /// <param name="expected">What it should be, for messages.</param>
    /// <exception cref="UserErrorException">It is not; the message has file and line.</exception>
    public static YamlMappingNode Parse(string content, string path, string expected)
    {
        using var text = new StringReader(content);
        var events = new YamlEvents(path, new Parser(text));
        var yaml = new YamlStream();
        try
        {
            yaml.Load(events);
        }
        // The parser throws exceptions of many kinds at what it does not understand.
        catch (Exception e) when (e is not UserErrorException)
        {
            // What it says of others is of its own state, not of the file.
            var (line, reason) = e is YamlException known
                ? (known.Start.Line, $": {known.Message}")
                : (events.Line, "");
            throw new UserErrorException(
                FormattableString.Invariant($"{path}:{line}: is not YAML{reason}"),
                e
            );
        }

        return yaml.Documents is [{ RootNode: YamlMappingNode root }]
            ? root
            : throw new UserErrorException($"{path}:1: is not {expected}");
    }
}
