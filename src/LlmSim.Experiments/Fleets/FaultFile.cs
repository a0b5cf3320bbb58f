using LlmSim.Experiments.Documents;
using LlmSim.Fleets;

namespace LlmSim.Experiments.Fleets;

/// <summary>
/// Faults at given times as a YAML file: <c>faults: [{ at: 60, what: fail, stage: decode, instance: 1, for: 120 }]</c>.
/// </summary>
internal static class FaultFile
{
    private const string List = "faults";
    private const string Expected = $"a mapping with a list of {List}";

    private static readonly string[] s_kinds =
    [
        .. Enum.GetNames<FaultKind>().Select(name => name.ToLowerInvariant()),
    ];
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
            ? new YamlFields(List, YamlFile.Parse($"{List}: {path}", List, Expected))
            : new YamlFields(path, YamlFile.Read(path, Expected));
        root.RequireOnly([SchemaField.Name, List]);
        return root.Has(List) ? [.. root.Mappings(List, mayBeEmpty: true).Select(ReadFault)] : [];
    }

    private static Fault ReadFault(YamlFields fields)
    {
        fields.RequireOnly(s_fields);
        var kind = fields.Has("what")
            ? (FaultKind)Array.IndexOf(s_kinds, fields.OneOf("what", s_kinds))
            : throw fields.Missing("what", $"is missing; allowed: {string.Join(", ", s_kinds)}");
        var factor = fields.Number("factor", s_factor);
        return factor is null && kind != FaultKind.Fail
            ? throw fields.Missing(
                "factor",
                $"is missing; allowed with {fields.Text("what")}: a number {s_factor}"
            )
            : new Fault
            {
                AtSeconds =
                    fields.Number("at", FigureRanges.Seconds)
                    ?? throw fields.Missing("at", $"is missing; allowed: a number {FigureRanges.Seconds}"),
                Kind = kind,
                Stage = fields.Has("stage") ? fields.OneOf("stage", FleetOptions.Stages) : null,
                Instance = (int?)fields.Whole("instance", s_instance),
                ForSeconds = fields.Number("for", FigureRanges.PositiveSeconds),
                Factor = factor ?? 1,
                NoticeSeconds = fields.Number("notice", FigureRanges.Seconds) ?? 0,
            };
    }
}
