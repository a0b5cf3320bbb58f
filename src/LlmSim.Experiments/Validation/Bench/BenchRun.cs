using System.Globalization;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>A load test of a deployment, beside the same load on its simulation.</summary>
internal sealed record BenchRun : MeasuredCase
{
    /// <summary>The deployment, the model and its precision.</summary>
    public required RunConfiguration Configuration { get; init; }

    /// <summary>The precision in words.</summary>
    public required string Precision { get; init; }

    /// <summary>What was measured.</summary>
    public required BenchResult Result { get; init; }

    public override double Size => Result.Load.Lengths.Sum(length => (double)length.Output);

    /// <summary>A result as a case.</summary>
    public static BenchRun Of(BenchResult result, RunConfiguration configuration, string precision)
    {
        var load = result.Load;
        return new BenchRun
        {
            Id = result.Id,
            Labels = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["tool"] = result.Tool,
                ["model"] = configuration.Model,
                ["load"] = load.Kind,
                ["request_rate"] = Text(load.RatePerSecond),
                ["concurrency"] = Text(load.Concurrency),
                ["requests"] = Text(load.Lengths.Count),
                ["input_tokens"] = Text(load.Lengths.Average(length => (double)length.Input)),
                ["output_tokens"] = Text(load.Lengths.Average(length => (double)length.Output)),
            },
            Doubt = result.Doubt is { } doubt ? $"{result.Id}: {doubt}" : null,
            Notices = result.Notices,
            Configuration = configuration,
            Precision = precision,
            Result = result,
        };
    }

    public override IReadOnlyList<ComparedFigure> Simulate(
        CaseContext context,
        CancellationToken cancellation
    )
    {
        if (Result.Obstacle is { } obstacle)
        {
            throw obstacle;
        }

        var scenario = Experiment.CreatePredicted(Configuration, context.Files).Scenario with
        {
            Concurrency = Result.Load.Concurrency,
            SendTimes = Result.Load.SendTimes,
        };
        var records = CaseScenario.Run(
            scenario,
            Result.Load.Requests(scenario.Seed),
            out var summary,
            cancellation
        );
        var predicted = new PredictedFigures(records, summary.ItlSeconds);
        return
        [
            .. Result.Measured.Select(figure => new ComparedFigure(
                Id,
                figure.Key,
                new(figure.Value, predicted.Seconds(figure.Key))
            )),
        ];
    }

    private static string Text(double? value) =>
        value is { } number ? number.ToString("0.####", CultureInfo.InvariantCulture) : "";
}
