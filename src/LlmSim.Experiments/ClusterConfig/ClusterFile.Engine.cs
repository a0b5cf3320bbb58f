using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <content>The object <c>engine</c> of an instance.</content>
internal ref partial struct ClusterFile
{
    private static readonly string[] s_engineFields = [.. EngineFields.All.Select(field => field.Name)];

    private static readonly string[] s_overheadFields =
    [
        .. EngineFields.Overheads.Select(field => field.Name),
    ];

    private EngineSpec ReadEngine()
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var engine = new EngineSpec();
        var readers = new Dictionary<EngineKind, UserErrorException>();
        while (ReadFieldName(fields, s_engineFields) is { } name)
        {
            // The kind may come after what only it reads.
            if (EngineFields.All.First(field => field.Name == name).ReadBy is { } only)
            {
                readers[only] = Error(
                    $"{name}: is read by {EngineFields.Words(only)} alone; allowed with it: \"kind\": \"{EngineDefaults.Name(only)}\""
                );
            }

            engine = With(engine, EngineFields.All, name);
        }

        _givenOfEngine = fields;
        foreach (var (only, error) in readers)
        {
            if (only != engine.Kind)
            {
                throw error;
            }
        }

        return engine;
    }

    /// <summary>Times that are left out are 0: who says one says all.</summary>
    private EngineOverheads ReadOverheads()
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var overheads = EngineOverheads.None;
        while (ReadFieldName(fields, s_overheadFields) is { } name)
        {
            overheads = With(overheads, EngineFields.Overheads, name);
        }

        return overheads;
    }

    /// <summary>An instance whose fields have all been read, with the defaults of its engine where the file is silent.</summary>
    private readonly InstanceSpec WithDefaultsOfEngine(
        InstanceSpec instance,
        InstanceRole? role,
        HashSet<string> given
    )
    {
        if (instance.Engine is not { } engine)
        {
            return instance;
        }

        var defaults = EngineDefaults.EngineOfFile(engine.Kind, engine.Version, instance.Hardware);
        return instance with
        {
            MemoryUtilization = given.Contains("memory_utilization")
                ? instance.MemoryUtilization
                : EngineDefaults.MemoryUtilization(engine.Kind),
            Engine = engine with
            {
                MaxBatchedTokens = IsGiven("max_num_batched_tokens")
                    ? engine.MaxBatchedTokens
                    : defaults.MaxBatchedTokens,
                MaxSequences = IsGiven("max_num_seqs") ? engine.MaxSequences : defaults.MaxSequences,
                ChunkedPrefill = IsGiven("chunked_prefill") ? engine.ChunkedPrefill : defaults.ChunkedPrefill,
                BlockTokens = IsGiven("block_size") ? engine.BlockTokens : defaults.BlockTokens,
                AsyncScheduling = IsGiven("async_scheduling")
                    ? engine.AsyncScheduling
                    : defaults.AsyncScheduling,
                // SGLang records none where prefill and decode are apart.
                PrefillGraphTokens =
                    engine.PrefillGraphTokens
                    ?? (engine.Kind == EngineKind.Sglang && role != InstanceRole.Mixed ? 0 : null),
            },
        };
    }

    private readonly bool IsGiven(string field) => _givenOfEngine.Contains(field);
}
