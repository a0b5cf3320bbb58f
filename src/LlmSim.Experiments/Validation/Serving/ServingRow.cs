using System.Globalization;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Workloads;
using LlmSim.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// A configuration under a closed loop: so many requests in flight. A row that does not say how many in all is taken to have as many as the
/// benchmarks' scripts send.
/// </summary>
internal sealed record ServingRow : MeasuredCase
{
    /// <summary>What is said of rows that leave it out.</summary>
    public static readonly string CountNotStated = string.Create(
        CultureInfo.InvariantCulture,
        $"number of requests not stated: {BenchmarkSettings.RequestsPerClient} times the concurrency is taken"
    );

    public required ServingDeployment Deployment { get; init; }

    /// <summary>Longest prompt in tokens.</summary>
    public required int InputTokens { get; init; }

    /// <summary>Longest output in tokens.</summary>
    public required int OutputTokens { get; init; }

    /// <summary>Shortest lengths as a share of the longest.</summary>
    public required double LengthRange { get; init; }

    /// <summary>Requests in flight; null when the row does not say.</summary>
    public required int? Concurrency { get; init; }

    /// <summary>Requests in all; null when the row does not say.</summary>
    public int? RequestCount { get; init; }

    /// <summary>Whether several tokens were predicted at once.</summary>
    public required bool IsSpeculative { get; init; }

    /// <summary>Measured seconds by metric.</summary>
    public required IReadOnlyDictionary<string, double> Measured { get; init; }

    public override double Size => (double)(Concurrency ?? 0) * OutputTokens;

    public override PredictionSubject Subject(CaseContext context) =>
        CaseScenario.Subject(Deployment, context) with
        {
            Load = PredictionSubject.Closed,
        };

    public override IReadOnlyList<ComparedFigure> Simulate(
        CaseContext context,
        CancellationToken cancellation
    )
    {
        if (IsSpeculative && Deployment.Speculation is null)
        {
            throw new NotExpressibleException(
                "speculative decoding",
                "the row does not tell how many tokens were drafted and accepted"
            );
        }

        if (Concurrency is not { } concurrency)
        {
            throw new NotExpressibleException("concurrency not stated", "the row has no concurrency");
        }

        var deployment = Deployment with { Settings = BenchmarkSettings.Of(Deployment, this) };
        var scenario = CaseScenario.Of(deployment, context) with { Concurrency = concurrency };
        var workload = new WorkloadOptions
        {
            Source = RequestSource.Uniform,
            InputLen = InputTokens,
            OutputLen = OutputTokens,
            RangeRatio = LengthRange,
            Concurrency = concurrency,
            RequestCount = RequestCount ?? (concurrency * BenchmarkSettings.RequestsPerClient),
        };
        var records = CaseScenario.Run(scenario, workload.ToRequests(), cancellation);
        var predicted = new PredictedFigures(records);
        return
        [
            .. Measured.Select(figure => new ComparedFigure(
                Id,
                figure.Key,
                new(figure.Value, predicted.Seconds(figure.Key))
            )),
        ];
    }
}

/// <summary>What was served, and on what.</summary>
internal sealed record ServingDeployment
{
    /// <summary>"vllm", "sglang", "trtllm" or another.</summary>
    public required string Engine { get; init; }

    /// <summary>Version of the engine; empty when it is not known.</summary>
    public required string EngineVersion { get; init; }

    /// <summary>The model as the file names it.</summary>
    public required string Model { get; init; }

    /// <summary>The accelerator as the file names it.</summary>
    public required string System { get; init; }

    /// <summary>"bf16", "fp8", "fp4" or "int4".</summary>
    public required string Precision { get; init; }

    /// <summary>Stages of a pipeline.</summary>
    public int PipelineParallel { get; init; } = 1;

    /// <summary>Instances that do both; null in a disaggregated deployment.</summary>
    public WorkerLayout? Mixed { get; init; }

    /// <summary>Instances that prefill.</summary>
    public WorkerLayout? Prefill { get; init; }

    /// <summary>Instances that decode.</summary>
    public WorkerLayout? Decode { get; init; }

    /// <summary>Tokens that were drafted and accepted; null without speculative decoding, or where that is not known.</summary>
    public SpeculationSpec? Speculation { get; init; }

    /// <summary>What the engine was told in the place of its defaults.</summary>
    public ServingSettings Settings { get; init; } = new();

    /// <summary>Whether prompts share prefixes that a cache would find.</summary>
    public bool SharesPrefixes { get; init; }
}

/// <summary>How one worker divides the model, and how many there are.</summary>
/// <param name="Workers">Workers of that kind.</param>
/// <param name="Tp">Tensor parallelism of attention and dense layers.</param>
/// <param name="AttentionDp">Data-parallel ranks of attention within the worker.</param>
/// <param name="ExpertTp">Slices of one expert.</param>
/// <param name="ExpertEp">Ranks that whole experts are divided over.</param>
internal sealed record WorkerLayout(int Workers, int Tp, int AttentionDp, int ExpertTp, int ExpertEp);
