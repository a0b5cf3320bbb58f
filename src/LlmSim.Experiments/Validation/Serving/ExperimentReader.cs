using System.Globalization;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Reads experiments under open arrivals in stages: a JSON list of objects.</summary>
internal static class ExperimentReader
{
    private const double Millisecond = 1e-3;

    private static readonly FigureRange s_count = new(1, 1e9);
    private static readonly FigureRange s_tokens = new(1, 1e7, "tokens");
    private static readonly FigureRange s_milliseconds = new(0, 1e12, "ms", IsAboveLeast: true);

    private static readonly string[] s_fields =
    [
        "id",
        "model",
        "hardware",
        "tp_size",
        "precision",
        "max_num_batched_tokens",
        "max_num_seqs",
        "memory_utilization",
        "workload",
        "prompt_tokens",
        "shared_prefix_tokens",
        "prefix_groups",
        "prompts_per_group",
        "output_tokens",
        "arrivals",
        "stages",
    ];

    /// <summary>The experiments in the order of the file; at least one.</summary>
    /// <exception cref="UserErrorException">The file is wrong; the message says where and what.</exception>
    public static IReadOnlyList<MeasuredCase> Read(string path, ModelCatalog models)
    {
        using var stream = InputFile.Open(path);
        var entries = JsonFields.ReadList(stream, path);
        if (entries.Count == 0)
        {
            throw new UserErrorException($"{path}: has no experiments; allowed: a list of at least one");
        }

        var experiments = entries.Select(entry => Experiment(entry, models)).ToArray();
        return experiments.GroupBy(one => one.Id).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new UserErrorException(
                $"{path}: id '{twice.Key}' is there twice; allowed: an id of its own"
            )
            : experiments;
    }

    /// <summary>
    /// Prompts that inference-perf makes for each group of its workloads of shared prefixes and sends again and again
    /// (num_users_per_system_prompt in the profiles that inference-sim published for the first two; the others are taken to be alike).
    /// </summary>
    private static readonly Dictionary<string, int> s_promptsPerGroup = new(StringComparer.Ordinal)
    {
        ["codegen"] = 4,
        ["general"] = 5,
        ["reasoning-lite"] = 5,
        ["roleplay"] = 5,
    };

    private static ServingExperiment Experiment(JsonFields entry, ModelCatalog models)
    {
        entry.RequireOnly(s_fields);
        var tpSize = (int)entry.Whole("tp_size", FigureRanges.TpSize);
        var workload = entry.Text("workload");
        var promptTokens = (int)entry.Whole("prompt_tokens", s_tokens);
        if (entry.Text("arrivals") is var arrivals and not "poisson")
        {
            throw entry.Error("arrivals", $"'{arrivals}' where poisson is expected.");
        }

        var deployment = new ServingDeployment
        {
            Engine = "vllm",
            EngineVersion = "",
            Model = entry.Text("model"),
            System = entry.Text("hardware"),
            Precision = entry.Text("precision"),
            Mixed = new WorkerLayout(Workers: 1, tpSize, AttentionDp: 1, tpSize, ExpertEp: 1),
            Settings = new ServingSettings
            {
                MaxBatchedTokens = (int)entry.Whole("max_num_batched_tokens", FigureRanges.BatchSize),
                MaxSequences = (int)entry.Whole("max_num_seqs", FigureRanges.BatchSize),
                MemoryUtilization = entry.Number("memory_utilization", FigureRanges.PositiveShare),
            },
            SharesPrefixes = true,
        };
        var stages = entry.ObjectList("stages");
        return new ServingExperiment
        {
            Id = entry.Text("id"),
            Labels = CaseLabels.Of(
                deployment,
                models,
                ("mode", "agg"),
                ("tp", tpSize.ToString(CultureInfo.InvariantCulture)),
                ("workload", workload)
            ),
            Deployment = deployment,
            PromptTokens = promptTokens,
            SharedPrefixTokens = (int)entry.Whole("shared_prefix_tokens", new(0, promptTokens, "tokens")),
            PrefixGroups = (int)entry.Whole("prefix_groups", s_count),
            PromptsPerGroup =
                (int?)entry.WholeOrNull("prompts_per_group", s_count)
                ?? (s_promptsPerGroup.TryGetValue(workload, out var published) ? published : null),
            OutputTokens = (int)entry.Whole("output_tokens", s_tokens),
            Stages =
                stages.Count > 0
                    ? [.. stages.Select(Stage)]
                    : throw entry.Error("stages", "at least one stage is expected."),
        };
    }

    private static ExperimentStage Stage(JsonFields stage)
    {
        stage.RequireOnly("rate_per_second", "seconds", "measured_ms");
        var measured = stage.Object("measured_ms");
        measured.RequireOnly([.. PredictedFigures.Names]);
        return new(
            stage.Number("rate_per_second", FigureRanges.RequestsPerSecond),
            stage.Number("seconds", FigureRanges.PositiveSeconds),
            measured.Names.ToDictionary(
                name => name,
                name => measured.Number(name, s_milliseconds) * Millisecond
            )
        );
    }
}
