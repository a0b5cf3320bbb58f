using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The object <c>structured_output</c> of an engine.</content>
internal ref partial struct ClusterFile
{
    private static readonly string[] s_structuredFields =
    [
        .. StructuredOutputFields.All.Select(field => field.Name),
    ];

    private StructuredOutputSpec ReadStructuredOutput()
    {
        var given = new HashSet<string>(StringComparer.Ordinal);
        var spec = new StructuredOutputSpec { MaskSeconds = 0 };
        while (ReadFieldName(given, s_structuredFields) is { } name)
        {
            spec = With(spec, StructuredOutputFields.All, name);
        }

        return Missing(StructuredOutputFields.All, given) is { } missing
            ? throw Error($"{missing.Name}: is not given in structured_output; allowed: {missing.Value}")
            : spec;
    }
}
