using System.Text;
using System.Text.Json.Nodes;
using LlmSim.Experiments.Documents;
using YamlDotNet.RepresentationModel;

namespace LlmSim.Experiments.Sweeps;

/// <summary>An option of a scenario file.</summary>
/// <param name="Option">Its name.</param>
/// <param name="Values">Its values; several make a sweep.</param>
/// <param name="Where">File and line, for messages.</param>
internal sealed record ScenarioSetting(string Option, IReadOnlyList<string> Values, string Where);

/// <summary>
/// A run as one YAML file: the options of <c>llmsim run</c>, in sections that say what they are about. Files are named relative to it; a cluster and
/// faults may stand in it as lists.
/// </summary>
internal static class ScenarioFile
{
    /// <summary>The sections. Which options stand in which is the reader's choice.</summary>
    public static IReadOnlyList<string> Sections { get; } =
    [
        "workload",
        "clients",
        "cluster",
        "model",
        "performance",
        "policies",
        "fleet",
        "slos",
        "statistics",
        "semantics",
        "outputs",
        "base",
    ];

    /// <summary>Options whose value may stand in the file as a list of mappings.</summary>
    private static readonly string[] s_inline = ["cluster", "faults"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="options">Names of the options that there are.</param>
    /// <param name="files">Those whose value is a file or folder.</param>
    /// <exception cref="UserErrorException">Something is wrong; the message has file and line.</exception>
    public static IReadOnlyList<ScenarioSetting> Read(
        string path,
        IReadOnlyCollection<string> options,
        IReadOnlyCollection<string> files
    ) => new Reader(path, options, files).Read();

    private sealed class Reader(
        string path,
        IReadOnlyCollection<string> options,
        IReadOnlyCollection<string> files
    ) : YamlReader(path)
    {
        private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);
        private readonly List<ScenarioSetting> _settings = [];

        public List<ScenarioSetting> Read()
        {
            var root = YamlFile.Read(File, $"one mapping of {string.Join(", ", Sections)}");
            foreach (var (key, value) in root.Children)
            {
                var name = Text(key);
                if (name == SchemaField.Name)
                {
                    continue;
                }

                if (value is YamlMappingNode section && Sections.Contains(name))
                {
                    foreach (var (option, given) in section.Children)
                    {
                        Add(option, given);
                    }
                }
                else if (Sections.Contains(name) && value is YamlScalarNode { Value: null or "" })
                {
                    // A section all of whose options are commented out.
                    continue;
                }
                else if (Sections.Contains(name) && !options.Contains(name))
                {
                    throw Error(
                        value,
                        $"{name}: found something else where a section should be; allowed: a mapping of options"
                    );
                }
                else
                {
                    Add(key, value);
                }
            }

            return _settings;
        }

        private void Add(YamlNode key, YamlNode value)
        {
            var option = Text(key).Replace('-', '_');
            option = option == "seeds" ? SweepPlan.SeedOption : option;
            if (!options.Contains(option))
            {
                IEnumerable<string> names = [.. options, .. Sections];
                throw Error(
                    key,
                    $"unknown option or section '{option}'; allowed: the options of llmsim run, in sections {string.Join(", ", Sections)}.{Suggestion.For(option, names)}"
                );
            }

            if (!_known.TryAdd(option, Where(key)))
            {
                throw Error(key, $"{option} is given already in {_known[option]}");
            }

            _settings.Add(new ScenarioSetting(option, Values(option, value), Where(value)));
        }

        private string[] Values(string option, YamlNode value) =>
            value switch
            {
                YamlSequenceNode { Children.Count: > 0 } list when list.Children[0] is YamlMappingNode =>
                    s_inline.Contains(option)
                        ? [Json(value)!.ToJsonString()]
                        : throw Error(value, $"{option}: found a list of mappings; allowed: a value"),
                YamlSequenceNode { Children.Count: > 0 } list =>
                [
                    .. list.Children.Select(node => Value(option, node)),
                ],
                _ => [Value(option, value)],
            };

        private string Value(string option, YamlNode node)
        {
            var text = Text(node);
            if (!files.Contains(option) || Path.IsPathRooted(text) || text == "-" || IsInline(option, text))
            {
                return text;
            }

            // As the paths of a Makefile or a Compose file: a scenario can be run from anywhere.
            return Path.Combine(Path.GetDirectoryName(File) ?? "", text);
        }

        /// <summary>Whether a list stands in quotes, as a printed scenario has it.</summary>
        private static bool IsInline(string option, string text) =>
            s_inline.Contains(option) && text.StartsWith('[');

        /// <summary>The same values as JSON: what is not in quotes is a number or a truth value where it looks like one.</summary>
        private JsonNode? Json(YamlNode node) =>
            node switch
            {
                YamlMappingNode mapping => new JsonObject(
                    mapping.Children.Select(child => KeyValuePair.Create(Text(child.Key), Json(child.Value)))
                ),
                YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
                YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } scalar => Plain(Text(scalar)),
                _ => JsonValue.Create(Text(node)),
            };

        private static JsonValue? Plain(string text)
        {
            try
            {
                return JsonNode.Parse(text) is JsonValue value ? value : JsonValue.Create(text);
            }
            catch (System.Text.Json.JsonException)
            {
                return JsonValue.Create(text);
            }
        }
    }

    /// <summary>A scenario file with some settings, and what else could be set as comments.</summary>
    /// <param name="sections">Sections with their options: name, default and description.</param>
    /// <param name="given">What is set.</param>
    public static string Write(
        IEnumerable<(
            string Section,
            IEnumerable<(string Option, string? Default, string Description)> Options
        )> sections,
        IReadOnlyDictionary<string, IReadOnlyList<string>> given
    )
    {
        var text = new StringBuilder();
        text.Append(
            "# A run of llmsim: llmsim run THIS_FILE. Lines behind # show what else could be set, with its default.\n"
        );
        foreach (var (section, settings) in sections)
        {
            var all = settings.ToArray();
            text.Append(
                all.Any(setting => given.ContainsKey(setting.Option))
                    ? $"\n{section}:\n"
                    : $"\n# {section}:\n"
            );
            foreach (var (option, defaultValue, description) in all)
            {
                text.Append(
                    given.TryGetValue(option, out var values)
                        ? $"  {option}: {Yaml(values)}\n"
                        : $"  # {option}: {defaultValue}{(defaultValue is null ? "" : "  ")}# {description}\n"
                );
            }
        }

        return text.ToString();
    }

    private static string Yaml(IReadOnlyList<string> values) =>
        values is [var one] ? Quoted(one) : $"[{string.Join(", ", values.Select(Quoted))}]";

    /// <summary>In quotes unless it is a word or a number that means itself.</summary>
    private static string Quoted(string value) =>
        value.Length > 0
        && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/')
        && char.IsAsciiLetterOrDigit(value[0])
            ? value
            : $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
