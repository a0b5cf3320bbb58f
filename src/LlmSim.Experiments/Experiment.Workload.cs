using LlmSim.Experiments.Workloads;
using LlmSim.Workloads;

namespace LlmSim.Experiments;

/// <content>The workload of a configuration.</content>
internal static partial class Experiment
{
    /// <summary>The requests of a configuration, with the content of their prompts where the cluster can share it.</summary>
    /// <param name="configuration">Names the workload.</param>
    /// <param name="scenario">The cluster.</param>
    /// <param name="onKnown">Told what the workload is, at the end of an enumeration at the latest.</param>
    /// <exception cref="UserErrorException">A name is unknown.</exception>
    public static IEnumerable<RequestSpec> CreateRequests(
        RunConfiguration configuration,
        Scenario scenario,
        Action<WorkloadFacts>? onKnown = null
    ) => (CreateWorkload(configuration) with { ReadHashIds = scenario.SharesPrefixes }).ToRequests(onKnown);

    /// <summary>The configuration with what was left to the workload: results say what was simulated.</summary>
    internal static RunConfiguration WithFacts(RunConfiguration configuration, WorkloadFacts facts) =>
        configuration with
        {
            Arrivals = facts.Arrivals.Process?.ToString(),
            LambdaArrival = facts.Arrivals.Process is null
                ? null
                : configuration.LambdaArrival
                    ?? facts.RatePerSecond
                    ?? facts.Arrivals.Process.MeanPerSecond
                    ?? WorkloadOptions.DefaultLambdaArrival,
            TraceBlockSize = facts.HashBlockTokens,
        };

    /// <summary>The workload of a configuration.</summary>
    /// <exception cref="UserErrorException">A name is unknown.</exception>
    public static WorkloadOptions CreateWorkload(RunConfiguration configuration)
    {
        var (source, format) = RequestSources.Parse(configuration.RequestSource);
        return new WorkloadOptions
        {
            Source = source,
            SourceText = configuration.RequestSource,
            MixPath = configuration.Mix,
            Trace = configuration.TraceOptions with { Format = format },
            TraceArrivals = configuration.Semantics.TraceArrivals,
            TracePath = configuration.TracePath,
            RequestCount = configuration.RequestCount ?? int.MaxValue,
            Concurrency = configuration.Concurrency,
            InputLen = configuration.InputLen,
            OutputLen = configuration.OutputLen,
            RangeRatio = configuration.RangeRatio,
            Arrivals = configuration.Arrivals is { } arrivals ? ArrivalProcess.Parse(arrivals) : null,
            RateProfile = configuration.RateProfile,
            RateInterpolation = configuration.RateInterpolation ?? RateFile.Linear,
            LambdaArrival = configuration.LambdaArrival,
            ZipfS = configuration.ZipfS,
            LognormalMean = configuration.LognormalMean,
            InputMean = configuration.InputMean,
            MaxLen = configuration.MaxLen,
            OutputMean = configuration.OutputMean,
            OutputSigma = configuration.OutputSigma,
            HashBlockTokens = configuration.TraceBlockSize,
            Variation = configuration.Variation,
            SyntheticOutput = configuration.Semantics.SyntheticOutput,
            ImagesPerRequest = configuration.ImagesPerRequest,
            ImageSize = configuration.ImageSize,
            ImageShare = configuration.ImageShare,
            VideosPerRequest = configuration.VideosPerRequest,
            VideoSize = configuration.VideoSize,
            VideoSeconds = configuration.VideoSeconds,
            VideoFps = configuration.VideoFps,
            AudioPerRequest = configuration.AudioPerRequest,
            AudioSeconds = configuration.AudioSeconds,
            Adapters = configuration.Adapters,
            AdapterPopularity = configuration.AdapterPopularity ?? AdapterChoice.Uniform,
            StructuredShare = configuration.StructuredShare,
            StructuredSchemas = configuration.StructuredSchemas ?? 1,
            ThinkingMean = configuration.ThinkingMean,
            ThinkingSigma = configuration.ThinkingSigma ?? 1,
            ThinkingBudget = configuration.ThinkingBudget,
            Seed = configuration.Seed,
        };
    }
}
