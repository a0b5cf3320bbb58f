using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Experiments.Validation;

/// <summary>A recorded run beside its simulation.</summary>
internal sealed record RunValidation
{
    private const double TickSeconds = 1;

    /// <summary>The run as it was recorded.</summary>
    public required RecordedRun Run { get; init; }

    /// <summary>The workload that the content of the prompts came from; null for none, and then without prefix caching.</summary>
    public required string? WorkloadPath { get; init; }

    /// <summary>Folder of the measurements.</summary>
    public required string ProfileName { get; init; }

    /// <summary>KV blocks of each instance as the engine counts them, its own among them.</summary>
    public required IReadOnlyList<int> KvBlocks { get; init; }

    /// <summary>
    /// TTFT, TPOT and latency of the requests, in seconds; measured and predicted from the boundary of iterations at which the engine
    /// took the request in.
    /// </summary>
    public required IReadOnlyList<MetricComparison> Metrics { get; init; }

    /// <summary>Seconds from the first arrival to the last token.</summary>
    public required MeasuredAndPredicted MakespanSeconds { get; init; }

    /// <summary>Requests per second of the makespan.</summary>
    public required MeasuredAndPredicted RequestsPerSecond { get; init; }

    /// <summary>Output tokens per second of the makespan.</summary>
    public required MeasuredAndPredicted OutputTokensPerSecond { get; init; }

    /// <summary>Running and waiting requests of all instances over the simulated time.</summary>
    public required IReadOnlyList<RecordedTick> PredictedTicks { get; init; }

    /// <summary>What the simulation says.</summary>
    public required RunSummary Summary { get; init; }

    /// <summary>Simulates a recorded run.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="options">What to simulate it with.</param>
    /// <param name="cancellation">Stops it with an <see cref="OperationCanceledException" />.</param>
    /// <exception cref="UserErrorException">A file is missing or wrong, or the model is unknown.</exception>
    public static RunValidation Of(
        string folder,
        RecordedRunOptions options,
        CancellationToken cancellation = default
    )
    {
        var run = RecordedRunReader.Read(folder);
        var recorded = RecordedScenario.Of(run, folder, options);
        var records = new RequestRecord[recorded.Requests.Length];
        var samples = new List<InstanceSample>();
        var summary = Simulator.Watch(
            recorded.Scenario,
            recorded.Requests,
            record => records[record.Id] = record,
            sampling: new SamplingPlan(samples.Add) { IntervalSeconds = TickSeconds },
            cancellation: cancellation
        );
        if (summary.Rejected > 0)
        {
            throw new UserErrorException(
                $"{folder}: the simulation rejects requests that the engine served: {summary.Rejections.First().Key}"
            );
        }

        return Compare(run, recorded, records, samples, summary);
    }

    private static RunValidation Compare(
        RecordedRun run,
        RecordedScenario recorded,
        RequestRecord[] records,
        List<InstanceSample> samples,
        RunSummary summary
    )
    {
        var makespan = run.Requests.Max(request => request.LastTokenSeconds);
        return new RunValidation
        {
            Run = run,
            WorkloadPath = recorded.WorkloadPath,
            ProfileName = recorded.ProfileName,
            KvBlocks =
            [
                .. summary.Instances.Select(instance =>
                    recorded.Scenario.MixedInstances[0].Engine!.OwnBlocks
                    + (int)(
                        instance.KvCapacityBytes
                        / recorded.Scenario.Model.KvBytesPerToken(recorded.Scenario.Precision)
                        / recorded.Scenario.MixedInstances[0].Engine!.BlockTokens
                    )
                ),
            ],
            Metrics =
            [
                Metric(
                    "TTFT",
                    request => request.TtftSeconds,
                    record => (record.PrefillFinish - record.TakenIn!.Value).Seconds
                ),
                Metric("TPOT", request => request.TpotSeconds, record => record.TpotSeconds),
                Metric(
                    "latency",
                    request => request.LatencySeconds,
                    record => (record.Finish - record.TakenIn!.Value).Seconds
                ),
            ],
            MakespanSeconds = new(makespan, summary.MakespanSeconds),
            RequestsPerSecond = new(run.Requests.Count / makespan, summary.RequestsPerSecond),
            OutputTokensPerSecond = new(
                run.Requests.Sum(request => (long)request.OutputTokens) / makespan,
                summary.OutputTokensPerSecond
            ),
            PredictedTicks =
            [
                .. samples
                    .GroupBy(sample => sample.Time)
                    .Select(tick => new RecordedTick(
                        tick.Key.Seconds,
                        tick.Sum(sample => sample.RunningRequests),
                        tick.Sum(sample => sample.QueuedRequests)
                    )),
            ],
            Summary = summary,
        };

        MetricComparison Metric(
            string name,
            Func<RecordedRequest, double> measured,
            Func<RequestRecord, double> predicted
        ) =>
            MetricComparison.Of(
                name,
                [
                    .. run
                        .Requests.Zip(records, (request, record) => (measured(request), predicted(record)))
                        .Where(pair => !double.IsNaN(pair.Item1)),
                ]
            );
    }
}

/// <summary>One figure of a run and of its simulation.</summary>
/// <param name="Measured">What was measured.</param>
/// <param name="Predicted">What the simulation says.</param>
internal readonly record struct MeasuredAndPredicted(double Measured, double Predicted)
{
    /// <summary>How far the prediction is off, in per cent of the measured figure.</summary>
    public double ErrorPercent => 100 * ((Predicted / Measured) - 1);
}
