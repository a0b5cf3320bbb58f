using System.Text.Json;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Validation.Serving;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Validation.Serving;

/// <summary>The file of errors by tier and class that comparisons make.</summary>
public sealed class HeldOutErrorsTests : IDisposable
{
    private const string Header =
        "id,engine,engine_version,model,system,precision,mode,input_tokens,output_tokens,length_range,concurrency,tp,ttft_ms,tpot_ms\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Quantiles_are_of_measured_over_predicted()
    {
        // Measured is 1 to 21 times the prediction.
        var outcomes = Enumerable
            .Range(1, 21)
            .Select(i => Outcome($"{i}", measured: i, predicted: 1))
            .ToArray();

        var errors = HeldOutErrors.Merge(
            new([]),
            Validation(outcomes),
            "rows.csv",
            "command",
            new DateOnly(2026, 1, 2)
        );

        var one = Assert.Single(errors.Errors);
        Assert.Equal(
            ("kernels", "dense", "mixed", "closed", 21),
            (one.Tier, one.Family, one.Mode, one.Load, one.Configurations)
        );
        var figure = Assert.Single(one.Figures);
        Assert.Equal(("tpot_mean", 21), (figure.Metric, figure.Count));
        Assert.Equal(new RatioQuantiles(2, 6, 11, 16, 20), figure.MeasuredOverPredicted);
        Assert.Equal(Math.Round(100 * (1 - (1 / 11.0)), 1), figure.MedianErrorPercent);
        using var content = new MemoryStream(errors.Content());
        Assert.Equal(errors.Content(), PredictionErrors.Read(content, "file").Content());
    }

    [Fact]
    public void Few_figures_say_nothing_and_other_classes_stay()
    {
        var many = Enumerable.Range(1, 10).Select(i => Outcome($"{i}", 2, 1)).ToArray();
        var former = HeldOutErrors.Merge(
            new([]),
            Validation(many),
            "rows.csv",
            "former",
            new DateOnly(2026, 1, 2)
        );

        var few = HeldOutErrors.Merge(
            former,
            Validation(many[..9]),
            "rows.csv",
            "few",
            new DateOnly(2026, 1, 3)
        );
        var other = HeldOutErrors.Merge(
            former,
            Validation([
                .. many.Select(one =>
                    one with
                    {
                        Subject = one.Subject! with { Tier = PredictionTier.Roofline },
                    }
                ),
            ]),
            "rows.csv",
            "other",
            new DateOnly(2026, 1, 3)
        );
        var renewed = HeldOutErrors.Merge(
            former,
            Validation(many),
            "rows.csv",
            "renewed",
            new DateOnly(2026, 1, 3)
        );

        Assert.Equal(["former"], few.Errors.Select(one => one.Command));
        Assert.Equal(["former", "other"], other.Errors.Select(one => one.Command));
        Assert.Equal(["renewed"], renewed.Errors.Select(one => one.Command));
    }

    [Fact]
    public void One_command_writes_the_errors_of_rows_that_no_fit_has_seen()
    {
        var rows = string.Concat(
            Enumerable
                .Range(1, 12)
                .Select(i =>
                    $"r{i},vllm,0.12.0,meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,500,20,0.8,{i},1,{20 + i},{8 + i}\n"
                )
        );
        var file = _folder.Write("rows.csv", Header + rows);
        var fitted = _folder.Write("fitted.csv", "id,engine\nr3,vllm\nr7,vllm\n");
        var errors = _folder.File("errors.json");

        var run = CliRun.Of([
            .. $"validate --rows {file} --performance roofline --fitted {fitted} --write_errors {errors} --json -".Split(
                ' '
            ),
        ]);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var comparison = JsonDocument.Parse(run.Out);
        Assert.Equal(
            2,
            comparison
                .RootElement.GetProperty("doubtful_left_out")
                .GetProperty("a fit has seen them")
                .GetInt32()
        );
        Assert.Equal(10, comparison.RootElement.GetProperty("tiers").GetProperty("roofline").GetInt32());
        using var stream = File.OpenRead(errors);
        var one = Assert.Single(PredictionErrors.Read(stream, errors).Errors);
        Assert.Equal(
            $"llmsim validate --rows {one.Source} --performance roofline --fitted fitted.csv",
            one.Command
        );
        Assert.Equal($"{Path.GetFileName(Path.GetDirectoryName(file))}/rows.csv", one.Source);
        Assert.Equal(["vllm 0.12.0"], one.Engines);
        Assert.Equal(["16-bit with 16-bit KV cache"], one.Precisions);
        var tpot = one.Figures.Single(figure => figure.Metric == "tpot_mean");
        Assert.Equal(10, tpot.Count);
        var class1 = comparison.RootElement.GetProperty("classes")[0].GetProperty("tpot_mean");
        Assert.Equal(
            class1.GetProperty("median_absolute_error_percent").GetDouble(),
            tpot.MedianErrorPercent,
            0.051
        );
    }

    [Theory]
    [InlineData(
        "--fitted",
        "x\ny\n",
        "none of its 2 lines begins with an id of the measured configurations, such as 'r1'"
    )]
    [InlineData("--write_errors", "[1", "is no file of errors")]
    public void A_file_that_is_not_what_it_should_be_is_an_error(
        string option,
        string content,
        string message
    )
    {
        var rows = _folder.Write(
            "rows.csv",
            Header + "r1,vllm,0.12.0,meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,500,20,0.8,1,1,20,8\n"
        );
        var path = _folder.Write("file", content);

        var run = CliRun.Of("validate", "--rows", rows, option, path);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    private static ServingValidation Validation(CaseOutcome[] outcomes) =>
        new()
        {
            Source = "folder/rows.csv",
            Performance = "auto",
            Labels = [],
            Outcomes = outcomes,
            LeftOut = new Dictionary<string, int>(StringComparer.Ordinal),
        };

    private static CaseOutcome Outcome(string id, double measured, double predicted) =>
        new(
            new Case { Id = id, Labels = new Dictionary<string, string>() },
            [new(id, "tpot_mean", new(measured, predicted))]
        )
        {
            Subject = new PredictionSubject
            {
                Tier = PredictionTier.Kernels,
                Family = "dense",
                Mode = "mixed",
                Load = "closed",
                Accelerators = ["NVIDIA_H100_SXM"],
                Precisions = ["16-bit with 16-bit KV cache"],
                Engines = ["vllm"],
                MostAccelerators = 1,
            },
        };

    private sealed record Case : MeasuredCase
    {
        public override double Size => 1;

        public override IReadOnlyList<ComparedFigure> Simulate(
            CaseContext context,
            CancellationToken cancellation
        ) => [];
    }
}
