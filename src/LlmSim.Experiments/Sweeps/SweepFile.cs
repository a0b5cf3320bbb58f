using System.Globalization;
using LlmSim.Experiments.Documents;
using YamlDotNet.RepresentationModel;

namespace LlmSim.Experiments.Sweeps;

/// <summary>
/// A sweep as a YAML file: <c>base</c> has settings of all points, <c>grid</c> lists of values whose product is taken,
/// <c>zip</c> groups of lists that vary together, and <c>seeds</c> or <c>replications</c> the seeds of each point. <c>$schema</c> may name
/// its JSON Schema.
/// </summary>
/// <param name="Base">Settings of all points.</param>
/// <param name="Axes">What varies.</param>
internal sealed record SweepFile(IReadOnlyList<Setting> Base, IReadOnlyList<SweepAxis> Axes)
{
    /// <summary>Most seeds that <c>replications</c> may ask for.</summary>
    public const int MaxReplications = 100_000;

    private static readonly string[] s_sections = ["base", "grid", "zip", "seeds", "replications"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="options">Names of the options that there are.</param>
    /// <param name="check">Fails at a setting whose value is wrong.</param>
    /// <exception cref="UserErrorException">Something is wrong; the message has file and line.</exception>
    public static SweepFile Read(string path, IReadOnlyCollection<string> options, Action<Setting> check) =>
        new Reader(path, options, check).ReadSections(
            YamlFile.Read(path, $"one mapping of {string.Join(", ", s_sections)}")
        );

    private sealed class Reader(string path, IReadOnlyCollection<string> options, Action<Setting> check)
        : YamlReader(path)
    {
        private readonly List<Setting> _base = [];
        private readonly List<SweepAxis> _axes = [];
        private readonly Dictionary<string, long> _lineOfOption = new(StringComparer.Ordinal);

        public SweepFile ReadSections(YamlMappingNode root)
        {
            foreach (var (key, value) in root.Children)
            {
                ReadSection(key, value);
            }

            return new SweepFile(_base, _axes);
        }

        private void ReadSection(YamlNode key, YamlNode value)
        {
            switch (Text(key))
            {
                case SchemaField.Name:
                    Text(value);
                    break;
                case "base":
                    _base.AddRange(Options(value).Select(entry => Checked(entry.Option, entry.Value)));
                    break;
                case "grid":
                    _axes.AddRange(Options(value).Select(entry => Axis(entry.Option, entry.Value)));

                    break;
                case "zip":
                    // A single group may stand without the dash of a list.
                    foreach (var group in value is YamlSequenceNode groups ? groups.Children : [value])
                    {
                        _axes.Add(Zipped(group));
                    }

                    break;
                case "seeds":
                    Declare(SweepPlan.SeedOption, key);
                    _axes.Add(Axis(SweepPlan.SeedOption, value));
                    break;
                case "replications":
                    Declare(SweepPlan.SeedOption, key);
                    _axes.Add(Replications(value));
                    break;
                case var other:
                    throw Error(
                        key,
                        $"unknown key '{other}'; allowed: {string.Join(", ", s_sections)}.{Suggestion.For(other, s_sections)}"
                    );
            }
        }

        private SweepAxis Axis(string option, YamlNode list) =>
            new([.. List(list).Select(node => (IReadOnlyList<Setting>)[Checked(option, node)])]);

        private SweepAxis Zipped(YamlNode group)
        {
            var columns = Options(group)
                .Select(entry => List(entry.Value).Select(node => Checked(entry.Option, node)).ToArray())
                .ToArray();
            if (columns.Length == 0 || columns.Any(column => column.Length != columns[0].Length))
            {
                var lengths = columns.Select(column =>
                    string.Create(CultureInfo.InvariantCulture, $"{column[0].Option} has {column.Length}")
                );
                throw Error(
                    group,
                    $"lists that vary together are equally long: {string.Join(", ", lengths)}"
                );
            }

            var levels = columns[0]
                .Select((_, i) => (IReadOnlyList<Setting>)[.. columns.Select(column => column[i])]);
            return new SweepAxis([.. levels]);
        }

        private static SweepAxis ReplicationAxis(int count) =>
            SweepAxis.Of(
                SweepPlan.SeedOption,
                Enumerable
                    .Range(0, count)
                    .Select(i => (new RunConfiguration().Seed + i).ToString(CultureInfo.InvariantCulture))
            );

        private SweepAxis Replications(YamlNode value) =>
            int.TryParse(Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count is >= 1 and <= MaxReplications
                ? ReplicationAxis(count)
                : throw Error(
                    value,
                    $"replications: found '{Text(value)}'; allowed: a whole number from 1 to {MaxReplications}"
                );

        private Setting Checked(string option, YamlNode value)
        {
            var setting = new Setting(option, Text(value));
            try
            {
                check(setting);
                return setting;
            }
            catch (UserErrorException e)
            {
                throw Error(value, e.Message);
            }
        }

        private void Declare(string option, YamlNode key)
        {
            if (!options.Contains(option))
            {
                throw Error(key, $"unknown option '{option}'.{Suggestion.For(option, options)}");
            }

            if (!_lineOfOption.TryAdd(option, key.Start.Line))
            {
                throw Error(key, $"{option} is given already in line {_lineOfOption[option]}");
            }
        }

        /// <summary>Options, none of which is given elsewhere, and what is given for them.</summary>
        private IEnumerable<(string Option, YamlNode Value)> Options(YamlNode node)
        {
            if (node is not YamlMappingNode mapping)
            {
                throw Error(node, "found something else where 'option: value' should be");
            }

            foreach (var (key, value) in mapping.Children)
            {
                var option = Text(key).Replace('-', '_');
                Declare(option, key);
                yield return (option, value);
            }
        }

        /// <summary>At least one value; a single one needs no brackets.</summary>
        private IEnumerable<YamlNode> List(YamlNode node) =>
            node switch
            {
                YamlSequenceNode { Children.Count: > 0 } list => list.Children,
                YamlScalarNode => [node],
                _ => throw Error(node, "found something else where a list of values should be"),
            };
    }
}
