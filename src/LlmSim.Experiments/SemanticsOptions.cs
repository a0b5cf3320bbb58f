using System.Text.Json;

namespace LlmSim.Experiments;

/// <summary>One option of the <see cref="Semantics" />, as the command line and the result files name it.</summary>
internal sealed class SemanticsOption
{
    private readonly Func<Semantics, string> _get;
    private readonly Func<Semantics, string, Semantics> _with;

    private SemanticsOption(
        string name,
        string summary,
        IReadOnlyList<string> allowedValues,
        Func<Semantics, string> get,
        Func<Semantics, string, Semantics> with
    )
    {
        Name = name;
        Summary = summary;
        AllowedValues = allowedValues;
        _get = get;
        _with = with;
    }

    /// <summary>Name in lower case with underscores.</summary>
    public string Name { get; }

    /// <summary>One line: what it decides, and what its values mean.</summary>
    public string Summary { get; }

    /// <summary>Its values in lower case with underscores.</summary>
    public IReadOnlyList<string> AllowedValues { get; }

    /// <summary>Its value in some semantics.</summary>
    public string Get(Semantics semantics) => _get(semantics);

    /// <summary>The semantics with another value of this option.</summary>
    /// <exception cref="UserErrorException">There is no such value.</exception>
    public Semantics With(Semantics semantics, string value) =>
        AllowedValues.Contains(value, StringComparer.Ordinal)
            ? _with(semantics, value)
            : throw new UserErrorException(
                $"--{Name} '{value}': allowed: {string.Join(", ", AllowedValues)}.{Suggestion.For(value, AllowedValues)}"
            );

    /// <summary>An option whose values are those of an enumeration, as an object: code for each would be compiled at every start.</summary>
    internal static SemanticsOption Create(
        string name,
        string summary,
        Func<Semantics, Enum> get,
        Func<Semantics, Enum, Semantics> with
    )
    {
        Enum[] values = [.. Enum.GetValues(get(Semantics.Standard).GetType()).Cast<Enum>()];
        var names = values.Select(ValueName).ToArray();
        return new SemanticsOption(
            name,
            summary,
            names,
            semantics => ValueName(get(semantics)),
            (semantics, value) => with(semantics, values[Array.IndexOf(names, value)])
        );
    }

    private static string ValueName(Enum value) =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

/// <summary>The table of all options in which the two presets of the <see cref="Semantics" /> differ.</summary>
internal static class SemanticsOptions
{
    /// <summary>The presets: the default first.</summary>
    public static IReadOnlyList<Semantics> Presets { get; } = [Semantics.Standard, Semantics.Reference];

    /// <summary>All options, in the order of the way of a request.</summary>
    public static IReadOnlyList<SemanticsOption> All { get; } =
    [
        SemanticsOption.Create(
            "decode_attention_context",
            "tokens that decode attention reads: one a request, or its full context",
            s => s.DecodeAttentionContext,
            (s, v) => s with { DecodeAttentionContext = (DecodeAttentionContext)v }
        ),
        SemanticsOption.Create(
            "attention_tp",
            "attention under tensor parallelism: replicated on each accelerator, or heads divided",
            s => s.AttentionTensorParallelism,
            (s, v) => s with { AttentionTensorParallelism = (AttentionTensorParallelism)v }
        ),
        SemanticsOption.Create(
            "kv_heads",
            "KV heads under tensor parallelism: tp divides them, or is a multiple and copies them",
            s => s.KvHeadLimit,
            (s, v) => s with { KvHeadLimit = (KvHeadLimit)v }
        ),
        SemanticsOption.Create(
            "flash_output",
            "what fused attention writes: two score matrices, or its output alone",
            s => s.FlashOutput,
            (s, v) => s with { FlashOutput = (FlashOutput)v }
        ),
        SemanticsOption.Create(
            "attention_mask",
            "pairs of query and key that fused prefill attention computes: all, or the causal half",
            s => s.AttentionMask,
            (s, v) => s with { AttentionMask = (AttentionMask)v }
        ),
        SemanticsOption.Create(
            "lm_head",
            "projection to the vocabulary: one operation a weight, undivided, or two, divided by tp",
            s => s.LmHead,
            (s, v) => s with { LmHead = (LmHead)v }
        ),
        SemanticsOption.Create(
            "arithmetic_rate",
            "rate of arithmetic: of the widest of weights, activations and KV cache, or of an operation's own operands",
            s => s.ArithmeticRate,
            (s, v) => s with { ArithmeticRate = (ArithmeticRate)v }
        ),
        SemanticsOption.Create(
            "embedding_format",
            "embedding and lm_head: in the format of the layers, or in one of their own (16 bits)",
            s => s.EmbeddingFormat,
            (s, v) => s with { EmbeddingFormat = (EmbeddingFormat)v }
        ),
        SemanticsOption.Create(
            "hidden_state_format",
            "what is written, normed and exchanged: in the format of activations, or in one of its own (16 bits)",
            s => s.HiddenStateFormat,
            (s, v) => s with { HiddenStateFormat = (HiddenStateFormat)v }
        ),
        SemanticsOption.Create(
            "tp_communication",
            "tensor-parallel exchanges: free, or two all-reduces a layer",
            s => s.TensorParallelCommunication,
            (s, v) => s with { TensorParallelCommunication = (TensorParallelCommunication)v }
        ),
        SemanticsOption.Create(
            "kv_bytes_per_token",
            "KV cache of a token: fixed at 516,096 bytes, or from the model's shapes",
            s => s.KvBytesPerToken,
            (s, v) => s with { KvBytesPerToken = (ModelBytes)v }
        ),
        SemanticsOption.Create(
            "weights",
            "parameters: fixed at 70e9, or counted from the model's shapes",
            s => s.Weights,
            (s, v) => s with { Weights = (ModelBytes)v }
        ),
        SemanticsOption.Create(
            "hardware_figures",
            "figures of accelerators: the reference's own where it has some, or the catalog's",
            s => s.HardwareFigures,
            (s, v) => s with { HardwareFigures = (HardwareFigures)v }
        ),
        SemanticsOption.Create(
            "memory_limit",
            "memory for KV: one accelerator's less weights / tp, or the group's, less what an engine takes",
            s => s.MemoryLimit,
            (s, v) => s with { MemoryLimit = (MemoryLimit)v }
        ),
        SemanticsOption.Create(
            "saturation",
            "when KV memory runs out: evict all for free, or preempt the newest, which recompute",
            s => s.Saturation,
            (s, v) => s with { Saturation = (Saturation)v }
        ),
        SemanticsOption.Create(
            "admission",
            "to the decode batch: the last one may overshoot the memory limit, or strictly within it",
            s => s.Admission,
            (s, v) => s with { Admission = (Admission)v }
        ),
        SemanticsOption.Create(
            "batch_padding",
            "contexts in a decode iteration: all padded to the longest, or each its own",
            s => s.BatchPadding,
            (s, v) => s with { BatchPadding = (BatchPadding)v }
        ),
        SemanticsOption.Create(
            "output_tokens",
            "tokens of an output: all from decode, or the first from prefill",
            s => s.OutputTokens,
            (s, v) => s with { OutputTokens = (OutputTokens)v }
        ),
        SemanticsOption.Create(
            "first_token",
            "reaches the client from the prefill, from the instance that decodes, or from that where it has an engine",
            s => s.FirstToken,
            (s, v) => s with { FirstToken = (FirstToken)v }
        ),
        SemanticsOption.Create(
            "tpot_definition",
            "TPOT: since the KV transfer, over what eviction left, or between first and last token",
            s => s.Tpot,
            (s, v) => s with { Tpot = (TpotDefinition)v }
        ),
        SemanticsOption.Create(
            "kv_transfer",
            "KV transfers: independent at 1e9 bytes/s each, or sharing the instance's link",
            s => s.KvTransfer,
            (s, v) => s with { KvTransfer = (KvTransfer)v }
        ),
        SemanticsOption.Create(
            "random_policies",
            "random policies: unseeded, or seeded by a stream of the run's seed",
            s => s.RandomPolicies,
            (s, v) => s with { RandomPolicies = (RandomPolicies)v }
        ),
        SemanticsOption.Create(
            "synthetic_output",
            "output lengths of zipfian and lognormal: from the input, or a distribution of their own",
            s => s.SyntheticOutput,
            (s, v) => s with { SyntheticOutput = (SyntheticOutput)v }
        ),
        SemanticsOption.Create(
            "trace_arrivals",
            "arrivals of a trace without --arrivals: poisson at lambda_arrival, or its own times",
            s => s.TraceArrivals,
            (s, v) => s with { TraceArrivals = (TraceArrivals)v }
        ),
        SemanticsOption.Create(
            "queued_work",
            "queued prefill work that lowest_load counts: only shorter prompts, or all",
            s => s.QueuedWork,
            (s, v) => s with { QueuedWork = (QueuedWork)v }
        ),
    ];

    /// <summary>The preset of a name.</summary>
    /// <exception cref="UserErrorException">There is no such preset.</exception>
    public static Semantics Preset(string name)
    {
        var names = Presets.Select(preset => preset.Preset).ToArray();
        return Presets.FirstOrDefault(preset => preset.Preset == name)
            ?? throw new UserErrorException(
                $"--semantics '{name}': allowed: {string.Join(", ", names)}.{Suggestion.For(name, names)}"
            );
    }

    /// <summary>The preset's name and what differs from it, such as "standard;lm_head=single_ops".</summary>
    public static string Describe(Semantics semantics)
    {
        var preset = Preset(semantics.Preset);
        var changes = All.Where(option => option.Get(semantics) != option.Get(preset))
            .Select(option => $"{option.Name}={option.Get(semantics)}");
        return string.Join(';', changes.Prepend(semantics.Preset));
    }
}
