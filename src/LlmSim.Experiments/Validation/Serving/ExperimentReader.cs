using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>Reads experiments under open arrivals in stages: a JSON list of objects.</summary>
internal static class ExperimentReader
{
    private const int LargestBytes = 64 << 20;
    private const double Millisecond = 1e-3;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The experiments in the order of the file; at least one.</summary>
    /// <exception cref="UserErrorException">The file is wrong; the message says where and what.</exception>
    public static IReadOnlyList<MeasuredCase> Read(string path, ModelCatalog models)
    {
        using var stream = InputFile.Open(path);
        var json = Utf8Document.Read(stream, path, LargestBytes, "a list of experiments");
        Entry?[] entries;
        try
        {
            entries = JsonSerializer.Deserialize<Entry?[]>(json.Span, s_json) ?? [];
        }
        catch (JsonException error)
        {
            var line = ((error.LineNumber ?? 0) + 1).ToString(CultureInfo.InvariantCulture);
            throw new UserErrorException($"{path}:{line}: {error.Message}", error);
        }

        if (entries.Length == 0)
        {
            throw new UserErrorException($"{path}: has no experiments; allowed: a list of at least one");
        }

        var experiments = entries
            .Select(entry => Experiment(path, entry ?? throw NullFound(path, "an experiment"), models))
            .ToArray();
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

    private static UserErrorException NullFound(string path, string expected) =>
        new($"{path}: found null; allowed: {expected}, an object {{ … }}");

    private static ServingExperiment Experiment(string path, Entry entry, ModelCatalog models)
    {
        Require(entry.TpSize >= 1, "tp_size", entry.TpSize, "a whole number from 1");
        Require(
            entry.MaxNumBatchedTokens >= 1,
            "max_num_batched_tokens",
            entry.MaxNumBatchedTokens,
            "from 1"
        );
        Require(entry.MaxNumSeqs >= 1, "max_num_seqs", entry.MaxNumSeqs, "from 1");
        Require(
            entry.MemoryUtilization is > 0 and <= 1,
            "memory_utilization",
            entry.MemoryUtilization,
            "above 0, up to 1"
        );
        Require(entry.PromptTokens >= 1, "prompt_tokens", entry.PromptTokens, "from 1");
        Require(entry.OutputTokens >= 1, "output_tokens", entry.OutputTokens, "from 1");
        Require(
            entry.SharedPrefixTokens >= 0 && entry.SharedPrefixTokens <= entry.PromptTokens,
            "shared_prefix_tokens",
            entry.SharedPrefixTokens,
            "from 0 to prompt_tokens"
        );
        Require(entry.PrefixGroups >= 1, "prefix_groups", entry.PrefixGroups, "from 1");
        Require(
            entry.PromptsPerGroup is null or >= 1,
            "prompts_per_group",
            entry.PromptsPerGroup ?? 0,
            "from 1"
        );
        Require(entry.Stages.Count >= 1, "stages", entry.Stages.Count, "at least one stage");
        if (entry.Arrivals != "poisson")
        {
            throw new UserErrorException(
                $"{path}: {entry.Id}: arrivals: found '{entry.Arrivals}'; allowed: poisson"
            );
        }

        var deployment = new ServingDeployment
        {
            Engine = "vllm",
            EngineVersion = "",
            Model = entry.Model,
            System = entry.Hardware,
            Precision = entry.Precision,
            Mixed = new WorkerLayout(Workers: 1, entry.TpSize, AttentionDp: 1, entry.TpSize, ExpertEp: 1),
            Settings = new ServingSettings
            {
                MaxBatchedTokens = entry.MaxNumBatchedTokens,
                MaxSequences = entry.MaxNumSeqs,
                MemoryUtilization = entry.MemoryUtilization,
            },
            SharesPrefixes = true,
        };
        return new ServingExperiment
        {
            Id = entry.Id,
            Labels = CaseLabels.Of(
                deployment,
                models,
                ("mode", "agg"),
                ("tp", entry.TpSize.ToString(CultureInfo.InvariantCulture)),
                ("workload", entry.Workload)
            ),
            Deployment = deployment,
            PromptTokens = entry.PromptTokens,
            SharedPrefixTokens = entry.SharedPrefixTokens,
            PrefixGroups = entry.PrefixGroups,
            PromptsPerGroup =
                entry.PromptsPerGroup
                ?? (s_promptsPerGroup.TryGetValue(entry.Workload, out var published) ? published : null),
            OutputTokens = entry.OutputTokens,
            Stages = [.. entry.Stages.Select(Stage)],
        };

        ExperimentStage Stage(StageEntry? found)
        {
            var stage = found ?? throw NullFound($"{path}: {entry.Id}: stages", "a stage");
            Require(stage.RatePerSecond > 0, "rate_per_second", stage.RatePerSecond, "above 0");
            Require(stage.Seconds > 0, "seconds", stage.Seconds, "above 0");
            foreach (var (name, value) in stage.MeasuredMs)
            {
                Require(value > 0 && double.IsFinite(value), $"measured_ms.{name}", value, "above 0");
                if (!PredictedFigures.Names.Contains(name))
                {
                    throw new UserErrorException(
                        $"{path}: {entry.Id}: measured_ms: found '{name}'; allowed: {string.Join(", ", PredictedFigures.Names)}"
                    );
                }
            }

            return new ExperimentStage(
                stage.RatePerSecond,
                stage.Seconds,
                stage.MeasuredMs.ToDictionary(figure => figure.Key, figure => figure.Value * Millisecond)
            );
        }

        void Require(bool isAllowed, string field, double found, string allowed)
        {
            if (!isAllowed)
            {
                throw new UserErrorException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{path}: {entry.Id}: {field}: found {found}; allowed: {allowed}"
                    )
                );
            }
        }
    }

    private sealed record Entry(
        string Id,
        string Model,
        string Hardware,
        int TpSize,
        string Precision,
        int MaxNumBatchedTokens,
        int MaxNumSeqs,
        double MemoryUtilization,
        string Workload,
        int PromptTokens,
        int SharedPrefixTokens,
        int PrefixGroups,
        int OutputTokens,
        string Arrivals,
        IReadOnlyList<StageEntry?> Stages,
        int? PromptsPerGroup = null
    );

    private sealed record StageEntry(
        double RatePerSecond,
        double Seconds,
        IReadOnlyDictionary<string, double> MeasuredMs
    );
}
