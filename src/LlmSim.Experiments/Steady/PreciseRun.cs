using LlmSim.Experiments.Performance;

namespace LlmSim.Experiments.Steady;

/// <summary>How far the search for a run that is long enough has come.</summary>
/// <param name="Requests">Requests of the simulation that runs.</param>
/// <param name="Interval">The widest interval of the one before; null at the first.</param>
/// <param name="Run">How far the simulation has come.</param>
internal readonly record struct PreciseProgress(int Requests, FigureInterval? Interval, RunProgress Run);

/// <summary>
/// Finds how many requests a run needs for narrow intervals. The requests of a longer run begin with those of a shorter one, so that the
/// result is what <c>llmsim run</c> gives for that number of requests and that warm-up.
/// </summary>
internal sealed class PreciseRun
{
    /// <summary>A run that is to be longer becomes so many times as long at least, and at most.</summary>
    private const double LeastGrowth = 1.5;

    private const double MostGrowth = 8;

    /// <summary>The width of an interval is a guess itself: a little more than what it says is needed.</summary>
    private const double Reserve = 1.1;

    /// <summary>The first run has so many at least: intervals need batches.</summary>
    private const int FewestRequests = 5 * BatchMeans.FewestValues;

    private readonly RunConfiguration _configuration;
    private readonly PreciseGoal _goal;
    private readonly Action<PreciseProgress>? _onProgress;
    private readonly CancellationToken _cancellation;
    private readonly int _most;

    private PreciseRun(
        RunConfiguration configuration,
        PreciseGoal goal,
        Action<PreciseProgress>? onProgress,
        CancellationToken cancellation
    )
    {
        (_configuration, _goal, _onProgress, _cancellation) = (configuration, goal, onProgress, cancellation);
        _most = MostRequests();
    }

    /// <summary>Simulates runs of growing length until the intervals are narrow enough, or may not become narrower.</summary>
    /// <returns>The configuration of the run that is long enough, and how it was found.</returns>
    /// <exception cref="UserErrorException">The configuration is wrong, or the limit does not fit it.</exception>
    public static (RunConfiguration Configuration, PreciseOutcome Outcome) Find(
        RunConfiguration configuration,
        PreciseGoal goal,
        Action<PreciseProgress>? onProgress,
        CancellationToken cancellation
    ) => new PreciseRun(configuration, goal, onProgress, cancellation).Find();

    private (RunConfiguration Configuration, PreciseOutcome Outcome) Find()
    {
        var requests = Math.Min(_most, Math.Max(FewestRequests, _configuration.RequestCount ?? 0));
        var (runs, grew) = (0, false);
        IReadOnlyList<FigureInterval> intervals = [];
        while (true)
        {
            runs++;
            var configuration = _configuration with { RequestCount = requests };
            var (summary, warmUp, series) = Simulate(configuration, intervals);
            intervals = [.. _goal.Figures.Select(series.IntervalOf)];
            var reason =
                intervals.All(IsNarrow) ? "narrow enough"
                // A short run may look as if its queues grew by chance.
                : summary.QueueGrows && grew ? "queues grow, and the figures with the run's length"
                : summary.Requests < requests ? "there are no more requests"
                : requests == _most ? $"the limit of {Limit()}"
                : null;
            if (reason is not null)
            {
                return (
                    configuration with
                    {
                        // Of conversations it is their number, and each is several requests.
                        RequestCount = Math.Min(requests, (int)summary.Requests),
                        Warmup = warmUp,
                    },
                    new PreciseOutcome(
                        100 * _goal.Share,
                        intervals.All(IsNarrow),
                        reason,
                        (int)summary.Requests,
                        warmUp,
                        runs,
                        intervals
                    )
                );
            }

            grew = summary.QueueGrows;
            requests = (int)Math.Min(_most, requests * Growth(intervals));
        }
    }

    private (Metrics.RunSummary Summary, string WarmUp, RequestSeries Series) Simulate(
        RunConfiguration configuration,
        IReadOnlyList<FigureInterval> former
    )
    {
        var (scenario, _) = Experiment.CreatePredicted(configuration, PerformanceFiles.Disk);
        var workload = Experiment.CreateRequests(configuration, scenario);
        var widest = former.MaxBy(interval => interval.RelativeHalfWidth);
        var (summary, series) = SteadyState.Observe(
            configuration,
            scenario,
            workload,
            run => _onProgress?.Invoke(new PreciseProgress(configuration.RequestCount!.Value, widest, run)),
            _cancellation
        );
        var first = LeftOut
            .Window(
                configuration with
                {
                    Cooldown = "0",
                    Warmup = WarmUpOf(configuration),
                },
                workload,
                series.WarmUp
            )
            .First;
        return (summary, FormattableString.Invariant($"{first}"), series.Without((int)first));
    }

    /// <summary>Unless a warm-up is given, it is found.</summary>
    private static string WarmUpOf(RunConfiguration configuration) =>
        configuration.Warmup == new RunConfiguration().Warmup ? LeftOut.Auto : configuration.Warmup;

    private bool IsNarrow(FigureInterval interval) => interval.RelativeHalfWidth <= _goal.Share;

    /// <summary>Widths fall as the root of the length.</summary>
    private double Growth(IReadOnlyList<FigureInterval> intervals)
    {
        var widest = intervals.Max(interval =>
            double.IsNaN(interval.RelativeHalfWidth) ? double.PositiveInfinity : interval.RelativeHalfWidth
        );
        return Math.Clamp(Reserve * Math.Pow(widest / _goal.Share, 2), LeastGrowth, MostGrowth);
    }

    private string Limit() =>
        _goal.MostSeconds is { } seconds
            ? FormattableString.Invariant($"{seconds} simulated seconds")
            : FormattableString.Invariant($"{_goal.MostRequests:N0} requests");

    private int MostRequests()
    {
        if (_goal.MostSeconds is not { } seconds)
        {
            return _goal.MostRequests;
        }

        if (_configuration.Concurrency is not null)
        {
            throw new UserErrorException(
                "--precise_limit: in a closed loop requests have no times of their own; allowed: a number of requests"
            );
        }

        var all = _configuration with { RequestCount = _goal.MostRequests };
        var (scenario, _) = Experiment.CreatePredicted(all, PerformanceFiles.Disk);
        var within = Experiment
            .CreateRequests(all, scenario)
            .TakeWhile(request => request.Arrival.Seconds <= seconds)
            .Count();
        return Math.Max(1, within);
    }
}
