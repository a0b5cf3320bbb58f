using System.Security.Cryptography;
using System.Text;
using LlmSim.Performance;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>
/// What an engine takes beside its kernels, from configurations that were measured: found on half of the deployments, tried on the other half.
/// </summary>
/// <remarks>
/// The launches of an iteration that is not replayed from a graph are a floor under its time, and what comes before a request may be scheduled decides
/// which requests meet in an iteration: both are tried one by one, by what TTFT they give. The times of a
/// layer and of a request add up: steps of least absolute errors of TPOT's logarithm, with differences of simulations for its derivatives.
/// </remarks>
internal sealed class OverheadCalibration
{
    private const double LayerStep = 10e-6;
    private const double SequenceStep = 20e-6;
    private const int Steps = 2;

    /// <summary>Errors below this count by their squares: they are noise of the measurements.</summary>
    private const double Noise = 0.02;

    private static readonly double[] s_eagerLayerSeconds =
    [
        0,
        0.25e-3,
        0.5e-3,
        0.75e-3,
        1e-3,
        1.25e-3,
        1.5e-3,
        2e-3,
    ];
    private static readonly double[] s_requestSeconds = [0, 2e-3, 4e-3, 6e-3, 8e-3, 10e-3, 15e-3, 20e-3];

    private readonly CaseContext _context;
    private readonly Action<int> _onSimulated;
    private readonly CancellationToken _cancellation;
    private readonly int _workers;
    private int _simulated;

    private OverheadCalibration(
        CaseContext context,
        int workers,
        Action<int> onSimulated,
        CancellationToken cancellation
    ) => (_context, _workers, _onSimulated, _cancellation) = (context, workers, onSimulated, cancellation);

    /// <summary>The overheads, and the errors of the half that they were found on and of the other half.</summary>
    /// <param name="cases">Measured configurations of one engine.</param>
    /// <param name="context">What to simulate with.</param>
    /// <param name="workers">Simulations at the same time.</param>
    /// <param name="onSimulated">Called with the number of simulations that are done, from any thread.</param>
    /// <param name="cancellation">Stops it with an <see cref="OperationCanceledException" />.</param>
    /// <exception cref="UserErrorException">There are too few configurations that can be simulated.</exception>
    public static OverheadResult Fit(
        IReadOnlyList<MeasuredCase> cases,
        CaseContext context,
        int workers,
        Action<int> onSimulated,
        CancellationToken cancellation
    )
    {
        const int Least = 4;
        var fitted = cases.Where(IsFitted).ToArray();
        var heldOut = cases.Where(one => !IsFitted(one)).ToArray();
        var fit = new OverheadCalibration(context, workers, onSimulated, cancellation);
        var bare = fit.Simulate(fitted, EngineOverheads.None);
        if (bare.Count(outcome => outcome.Figures.Count > 0) < Least || heldOut.Length < Least)
        {
            throw new UserErrorException(
                $"--rows: {cases.Count} configurations, of which too few can be simulated in either half; at least {Least} are needed in each"
            );
        }

        var overheads = fit.WithAdditive(fitted, EngineOverheads.None);
        overheads = fit.WithBest(
            fitted,
            s_eagerLayerSeconds.Select(seconds => overheads with { EagerLayerSeconds = seconds })
        );
        overheads = fit.WithAdditive(fitted, overheads);
        overheads = fit.WithBest(
            fitted,
            s_requestSeconds.Select(seconds => overheads with { RequestSeconds = seconds })
        );
        overheads = Rounded(overheads);
        return new OverheadResult
        {
            Overheads = overheads,
            FittedIds = [.. fitted.Select(one => one.Id)],
            Fitted = OverheadErrors.Of(bare, fit.Simulate(fitted, overheads)),
            HeldOut = OverheadErrors.Of(
                fit.Simulate(heldOut, EngineOverheads.None),
                fit.Simulate(heldOut, overheads)
            ),
        };
    }

    /// <summary>Rows of one deployment, which differ in their load alone, are on one side.</summary>
    private static bool IsFitted(MeasuredCase one)
    {
        string[] labels =
        [
            "model",
            "system",
            "precision",
            "mode",
            "tp",
            "engine_version",
            "input_tokens",
            "output_tokens",
        ];
        var deployment = string.Join('|', labels.Select(label => one.Labels.GetValueOrDefault(label, "")));
        return SHA256.HashData(Encoding.UTF8.GetBytes(deployment))[0] % 2 == 0;
    }

    /// <summary>Simulations that a fit takes, about.</summary>
    public static int Simulations(IReadOnlyList<MeasuredCase> cases)
    {
        var fitted = cases.Count(IsFitted);
        return fitted * (2 + (2 * Steps * 3) + s_eagerLayerSeconds.Length + s_requestSeconds.Length)
            + 2 * (cases.Count - fitted);
    }

    /// <summary>To ten nanoseconds: the rest is noise.</summary>
    private static EngineOverheads Rounded(EngineOverheads overheads) =>
        overheads with
        {
            LayerSeconds = Math.Round(overheads.LayerSeconds, 8),
            SequenceSeconds = Math.Round(overheads.SequenceSeconds, 8),
        };

    private EngineOverheads WithBest(MeasuredCase[] cases, IEnumerable<EngineOverheads> tries) =>
        tries.MinBy(tried => Errors(Simulate(cases, tried), "ttft_mean").Sum(error => Math.Abs(error.Log)))!;

    private EngineOverheads WithAdditive(MeasuredCase[] cases, EngineOverheads overheads)
    {
        for (var i = 0; i < Steps; i++)
        {
            var here = Errors(Simulate(cases, overheads), "tpot_mean");
            var layer = Errors(
                Simulate(cases, overheads with { LayerSeconds = overheads.LayerSeconds + LayerStep }),
                "tpot_mean"
            );
            var sequence = Errors(
                Simulate(
                    cases,
                    overheads with
                    {
                        SequenceSeconds = overheads.SequenceSeconds + SequenceStep,
                    }
                ),
                "tpot_mean"
            );
            var slopes = here.Select(
                    (error, row) =>
                        new Slope(
                            (layer[row].Log - error.Log) / LayerStep,
                            (sequence[row].Log - error.Log) / SequenceStep,
                            error.Log
                        )
                )
                .Select(slope =>
                    slope with
                    {
                        Wanted = slope.Of(overheads.LayerSeconds, overheads.SequenceSeconds) - slope.Wanted,
                    }
                )
                .ToArray();
            var found = LeastAbsolute(slopes);
            overheads = overheads with { LayerSeconds = found[0], SequenceSeconds = found[1] };
        }

        return overheads;
    }

    /// <summary>Times of 0 or more with the least sum of absolute errors, by least squares that weigh large errors less and less.</summary>
    private static double[] LeastAbsolute(Slope[] slopes)
    {
        const int Rounds = 20;
        double[] best = [0, 0];
        var weights = slopes.Select(_ => 1.0).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            best = LeastSquares(slopes, weights);
            weights =
            [
                .. slopes.Select(slope =>
                    1 / Math.Max(Math.Abs(slope.Of(best[0], best[1]) - slope.Wanted), Noise)
                ),
            ];
        }

        return best;
    }

    /// <summary>The best of the solutions in which both times, either or none is above 0.</summary>
    private static double[] LeastSquares(Slope[] slopes, double[] weights)
    {
        var (a, b, c) = (
            Sum(slope => slope.Layer * slope.Layer),
            Sum(slope => slope.Layer * slope.Sequence),
            Sum(slope => slope.Sequence * slope.Sequence)
        );
        var (p, q) = (Sum(slope => slope.Layer * slope.Wanted), Sum(slope => slope.Sequence * slope.Wanted));
        var determinant = a * c - b * b;
        double[][] candidates =
        [
            [0, 0],
            [Math.Max(0, p / a), 0],
            [0, Math.Max(0, q / c)],
            determinant > 0 ? [(p * c - q * b) / determinant, (q * a - p * b) / determinant] : [0, 0],
        ];
        return candidates
            .Where(one => one.All(value => double.IsFinite(value) && value >= 0))
            .MinBy(one =>
                Sum(slope =>
                {
                    var error = slope.Of(one[0], one[1]) - slope.Wanted;
                    return error * error;
                })
            )!;

        double Sum(Func<Slope, double> term) =>
            slopes.Select((slope, row) => term(slope) * weights[row]).Sum();
    }

    /// <summary>What the logarithm of a TPOT changes by for each second, and by how much it should.</summary>
    private readonly record struct Slope(double Layer, double Sequence, double Wanted)
    {
        public double Of(double layerSeconds, double sequenceSeconds) =>
            Layer * layerSeconds + Sequence * sequenceSeconds;
    }

    private static List<(string Id, double Log)> Errors(IReadOnlyList<CaseOutcome> outcomes, string metric) =>
        [
            .. outcomes
                .SelectMany(outcome => outcome.Figures)
                .Where(figure => figure.Metric == metric)
                .Select(figure => (figure.Id, Math.Log(figure.Seconds.Predicted / figure.Seconds.Measured))),
        ];

    private CaseOutcome[] Simulate(IReadOnlyList<MeasuredCase> cases, EngineOverheads overheads) =>
        ServingValidation.Simulate(
            cases,
            _workers,
            _context.With(overheads),
            _ => _onSimulated(Interlocked.Increment(ref _simulated)),
            _cancellation
        );
}

/// <summary>What an engine was found to take, and how far off predictions are with it.</summary>
internal sealed record OverheadResult
{
    public required EngineOverheads Overheads { get; init; }

    /// <summary>Ids of the half that it was found on: errors on them are not held out.</summary>
    public required IReadOnlyList<string> FittedIds { get; init; }

    /// <summary>On the half that it was found on.</summary>
    public required IReadOnlyList<OverheadErrors> Fitted { get; init; }

    /// <summary>On the other half.</summary>
    public required IReadOnlyList<OverheadErrors> HeldOut { get; init; }
}

/// <summary>Errors of one figure without overheads and with them.</summary>
/// <param name="Metric">The figure.</param>
/// <param name="Before">Without.</param>
/// <param name="After">With.</param>
internal readonly record struct OverheadErrors(string Metric, ErrorSpread Before, ErrorSpread After)
{
    private static readonly string[] s_metrics = ["tpot_mean", "ttft_mean"];

    public static IReadOnlyList<OverheadErrors> Of(
        IReadOnlyList<CaseOutcome> before,
        IReadOnlyList<CaseOutcome> after
    ) =>
        [
            .. s_metrics.Select(metric => new OverheadErrors(
                metric,
                Spread(before, metric),
                Spread(after, metric)
            )),
        ];

    private static ErrorSpread Spread(IReadOnlyList<CaseOutcome> outcomes, string metric) =>
        ErrorSpread.Of(
            outcomes
                .SelectMany(outcome => outcome.Figures)
                .Where(figure => figure.Metric == metric)
                .Select(figure => figure.Seconds.ErrorPercent)
        );
}
