using System.Globalization;
using System.Text.Json;
using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Validation.Serving;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Architecture;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Validation.Serving;

/// <summary>Measured configurations under a closed loop beside their simulation.</summary>
public sealed class RowValidationTests : IDisposable
{
    private const string Header =
        "id,engine,engine_version,model,system,precision,mode,input_tokens,output_tokens,length_range,concurrency,tp,pp,"
        + "attention_dp,moe_tp,moe_ep,prefill_workers,prefill_tp,decode_workers,decode_tp,speculative,ttft_ms,tpot_ms\n";

    private const string Llama =
        "a,vllm,0.12.0,meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,1000,50,0.8,4,2,1,1,2,1,,,,,,100,10\n";

    private static readonly string s_samples = Path.Combine(Repository.Root, "samples/measured");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_sample_rows_are_compared_left_out_or_counted()
    {
        var run = CliRun.Of([
            .. $"validate --rows {s_samples}/rows.csv --json - --csv_output {_folder.File("a.csv")}".Split(
                ' '
            ),
            .. $"--plots {_folder.File("plots")} --by engine,precision".Split(' '),
        ]);

        Assert.Equal(0, run.ExitCode);
        using var json = JsonDocument.Parse(run.Out);
        var root = json.RootElement;
        var compared = root.GetProperty("compared").GetInt32();
        var leftOut = root.GetProperty("doubtful_left_out")
            .EnumerateObject()
            .Sum(one => one.Value.GetInt32());
        var others = root.GetProperty("not_expressible").EnumerateArray().ToArray();
        Assert.Equal(14, compared + leftOut + others.Sum(one => one.GetProperty("count").GetInt32()));
        Assert.True(compared >= 10 && leftOut >= 1 && others.Length >= 1);
        Assert.All(
            others,
            one =>
                Assert.Equal(one.GetProperty("count").GetInt32(), one.GetProperty("cases").GetArrayLength())
        );
        var table = ResultTable.Open(_folder.File("a.csv"));
        var figures = table.Numbers("measured_seconds", "predicted_seconds", "error_percent");
        Assert.Equal(2 * compared, figures[0].Length);
        for (var i = 0; i < figures[0].Length; i++)
        {
            Assert.Equal(100 * ((figures[1][i] / figures[0][i]) - 1), figures[2][i], 1e-9);
            Assert.True(figures[1][i] > 0);
        }

        Assert.Equal(
            ["tpot_predicted_against_measured.png", "ttft_predicted_against_measured.png"],
            Directory.EnumerateFiles(_folder.File("plots")).Select(Path.GetFileName).Order()
        );
    }

    [Fact]
    public void Rows_of_InferenceX_are_read_by_their_own_columns()
    {
        var run = CliRun.Of(
            "validate",
            "--rows",
            $"{s_samples}/inferencex.csv",
            "--by",
            "system,speculative"
        );

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Matches("b200 mtp +1 ", run.Out);
        Assert.Matches("mi300x none +2 ", run.Out);
        Assert.Contains("E2E |e|", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_is_predicted_as_an_ordinary_run_of_the_same_cluster()
    {
        var predicted = Predicted(_folder.Write("rows.csv", Header + Llama));
        var cluster = _folder.Write(
            "cluster.json",
            """
            [{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 2,
               "engine": { "max_num_batched_tokens": 8192, "max_num_seqs": 4, "prefix_caching": false } }]
            """
        );

        var run = CliRun.Of([
            .. $"run --model meta-llama/Llama-3.1-8B --cluster {cluster} --prefill_global vllm_front".Split(
                ' '
            ),
            .. "--concurrency 4 --input_len 1000 --output_len 50 --range_ratio 0.8 --kv_precision fp8 --performance roofline --json -".Split(
                ' '
            ),
        ]);

        Assert.Equal(0, run.ExitCode);
        using var json = JsonDocument.Parse(run.Out);
        var summary = json.RootElement.GetProperty("summary");
        Assert.Equal(40, summary.GetProperty("requests").GetInt32());
        Assert.Equal(
            summary.GetProperty("ttft_seconds").GetProperty("mean").GetDouble(),
            predicted[0],
            1e-12
        );
        Assert.Equal(
            summary.GetProperty("tpot_seconds").GetProperty("mean").GetDouble(),
            predicted[1],
            1e-12
        );
    }

    [Fact]
    public void A_row_may_say_how_many_requests_there_were()
    {
        string Row(string name, int requests) =>
            _folder.Write(
                name,
                Header.Replace("tpot_ms", "tpot_ms,requests", StringComparison.Ordinal)
                    + Llama.Replace(
                        "100,10",
                        string.Create(CultureInfo.InvariantCulture, $"100,10,{requests}"),
                        StringComparison.Ordinal
                    )
            );
        var silent = _folder.Write("silent.csv", Header + Llama);
        const string Note = "note      1: number of requests not stated: 10 times the concurrency";

        Assert.Contains(Note, CliRun.Of("validate", "--rows", silent).Out, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Note,
            CliRun.Of("validate", "--rows", Row("seven.csv", 7)).Out,
            StringComparison.Ordinal
        );
        // Lengths vary: ten times the concurrency of 4.
        Assert.Equal(Predicted(silent), Predicted(Row("forty.csv", 40)));
        Assert.NotEqual(Predicted(silent), Predicted(Row("seven.csv", 7)));
    }

    [Fact]
    public void The_number_of_workers_does_not_change_the_result()
    {
        string Json(int jobs) =>
            CliRun
                .Of([
                    .. $"validate --rows {s_samples}/rows.csv --include_doubtful --json - --n_jobs".Split(
                        ' '
                    ),
                    jobs.ToString(CultureInfo.InvariantCulture),
                ])
                .Out;

        Assert.Equal(Json(1), Json(3));
    }

    [Fact]
    public void Data_parallel_ranks_share_the_experts_and_disaggregated_workers_the_stages()
    {
        var group = Scenario(
            "a,vllm,0.19.0,Qwen/Qwen3-235B-A22B-FP8,h200_sxm,fp8,agg,100,9,1,4,2,1,4,1,8,,,,,,100,10\n"
        );
        Assert.Equal(4, group.MixedInstances.Count);
        Assert.All(
            group.MixedInstances,
            one =>
                Assert.Equal(
                    (2, 8, "Mixed 0"),
                    (one.TpSize, one.ExpertParallel, one.Engine!.DataParallelGroup)
                )
        );

        var stages = Scenario(
            "a,trtllm,1.0.0,meta-llama/Llama-3.1-8B,h200_sxm,bf16,disagg,100,9,1,4,,,,,,3,1,2,4,,100,10\n"
        );
        Assert.Equal([1, 1, 1], stages.PrefillInstances.Select(one => one.TpSize));
        Assert.Equal([4, 4], stages.DecodeInstances.Select(one => one.TpSize));
        Assert.Empty(stages.MixedInstances);
        Assert.All(stages.DecodeInstances, one => Assert.False(one.Engine!.ChunkedPrefill));
    }

    [Theory]
    [InlineData("model not in the catalog", "x/Y,h100_sxm,bf16,agg,100,9,1,4,2,1,1,2,1,,,,,,1,1")]
    [InlineData(
        "accelerator not in the catalog",
        "meta-llama/Llama-3.1-8B,tpu9,bf16,agg,100,9,1,4,2,1,1,2,1,,,,,,1,1"
    )]
    [InlineData(
        "does not fit in memory",
        "meta-llama/Llama-3.1-405B,h100_sxm,bf16,agg,100,9,1,4,2,1,1,2,1,,,,,,1,1"
    )]
    [InlineData(
        "parallelism does not divide the model",
        "meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,100,9,1,4,3,1,1,2,1,,,,,,1,1"
    )]
    [InlineData(
        "pipeline stages of a group, with drafts, or of one side",
        "meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,100,9,1,4,2,2,2,2,1,,,,,,1,1"
    )]
    [InlineData(
        "speculative decoding",
        "meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,100,9,1,4,2,1,1,2,1,,,,,mtp,1,1"
    )]
    [InlineData(
        "concurrency not stated",
        "meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,100,9,1,,2,1,1,2,1,,,,,,1,1"
    )]
    [InlineData("precision unknown", "meta-llama/Llama-3.1-8B,h100_sxm,fp7,agg,100,9,1,4,2,1,1,2,1,,,,,,1,1")]
    [InlineData(
        "experts divided and sliced at once",
        "mistralai/Mixtral-8x7B-v0.1,h100_sxm,bf16,agg,100,9,1,4,4,1,1,2,2,,,,,,1,1"
    )]
    [InlineData(
        "requests rejected",
        "meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,200000,9,1,4,1,1,1,1,1,,,,,,1,1"
    )]
    public void What_cannot_be_expressed_is_counted_by_its_reason(string reason, string row)
    {
        var path = _folder.Write("rows.csv", Header + Llama + "b,vllm,0.19.0," + row + "\n");

        var run = CliRun.Of("validate", "--rows", path, "--verbose");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($"not expr. 1: {reason}", run.Out, StringComparison.Ordinal);
        Assert.Contains("Compared    1 of 2", run.Out, StringComparison.Ordinal);
        Assert.Contains($"{reason}:\n  b: ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_with_pipeline_stages_is_compared()
    {
        var path = _folder.Write(
            "rows.csv",
            Header
                + Llama
                + "b,vllm,0.19.0,meta-llama/Llama-3.1-8B,h100_sxm,bf16,agg,100,9,1,4,2,2,1,2,1,,,,,,1,1\n"
        );

        var run = CliRun.Of("validate", "--rows", path, "--verbose");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("Compared    2 of 2", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1: is no table of measured rows", "a,b\n1,2\n")]
    [InlineData("2: concurrency: found '0'; allowed: a whole number from 1", null, ",4,2,", ",0,2,")]
    [InlineData("2: ttft_ms: found 'soon'; allowed: a number above 0", null, ",100,10", ",soon,10")]
    [InlineData("2: tpot_ms: found '-1'; allowed: a number above 0", null, ",100,10", ",100,-1")]
    [InlineData("2: mode: found 'both'; allowed: agg, disagg", null, "agg", "both")]
    [InlineData("2: speculative: found 'eagle'; allowed: none, mtp", null, ",,100", ",eagle,100")]
    [InlineData("1: column 'conc' is unknown.", null, ",concurrency,", ",concurrency,conc,")]
    public void What_is_wrong_is_said_with_its_line(
        string message,
        string? text,
        string from = "",
        string to = ""
    )
    {
        text ??= (Header + Llama).Replace(from, to, StringComparison.Ordinal);
        var path = _folder.Write("rows.csv", text);

        var run = CliRun.Of("validate", "--rows", path);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.StartsWith($"llmsim: {path}:{message}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_rows_of_one_name_are_refused()
    {
        var path = _folder.Write("rows.csv", Header + Llama + Llama);

        var run = CliRun.Of("validate", "--rows", path);

        Assert.Contains($"{path}:3: id: found 'a', which line 2 has", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--filter: found 'sytem'; allowed: engine", "--filter", "sytem=h100_sxm")]
    [InlineData("--filter: found 'engine'; allowed: LABEL=VALUE", "--filter", "engine")]
    [InlineData("--filter: no case is engine=tgi", "--filter", "engine=tgi")]
    [InlineData("--by: found 'enginee'; allowed: engine", "--by", "enginee")]
    [InlineData("--performance: 'rooflin' is unknown", "--performance", "rooflin")]
    [InlineData(
        "--profile: is not read when rows, experiments or load tests are validated",
        "--profile",
        "x"
    )]
    public void What_would_not_count_is_refused(string message, params string[] options)
    {
        var run = CliRun.Of(["validate", "--rows", $"{s_samples}/rows.csv", .. options]);

        Assert.Equal((1, ""), (run.ExitCode, run.Out));
        Assert.Contains(
            message.Replace("--performance: ", "", StringComparison.Ordinal),
            run.Error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void One_kind_of_measurement_is_validated_at_a_time()
    {
        var none = CliRun.Of("validate");
        var two = CliRun.Of("validate", s_samples, "--rows", $"{s_samples}/rows.csv");

        Assert.Contains("give what to validate", none.Error, StringComparison.Ordinal);
        Assert.Equal(none.Error, two.Error);
    }

    [Fact]
    public void Filter_and_limit_choose_among_the_rows()
    {
        var rows = RowReader.Read($"{s_samples}/rows.csv", ModelCatalog.BuiltIn);

        var chosen = CaseFilter.Apply(rows, "system=h100_sxm|gb200,engine=trtllm");

        Assert.Equal(4, chosen.Count);
        Assert.All(chosen, one => Assert.Equal("trtllm", one.Labels["engine"]));
        Assert.Equal([rows[0], rows[4], rows[9]], CaseFilter.Limit(rows, 3));
        Assert.Same(rows, CaseFilter.Limit(rows, 99));
    }

    [Fact]
    public void Errors_are_spread_as_a_calculation_by_hand_says()
    {
        var spread = ErrorSpread.Of([-10, 20, double.NaN, -30, 40, 0]);

        Assert.Equal(new ErrorSpread(5, 20, 36, 0), spread);
        Assert.Equal(0, ErrorSpread.Of([]).Count);
    }

    [Fact]
    public void All_published_rows_are_read()
    {
        var silicon = RowReader.Read(SharedFiles.Require("measured/silicon/rows.csv"), ModelCatalog.BuiltIn);
        var inferenceX = RowReader.Read(
            SharedFiles.Require("measured/inferencex/rows.csv"),
            ModelCatalog.BuiltIn
        );

        Assert.Equal((2046, 222), (silicon.Count, inferenceX.Count));
        Assert.Equal(41, silicon.Cast<ServingRow>().Count(row => row.IsSpeculative));
        Assert.All(silicon, row => Assert.NotEqual("", row.Labels["system"]));
    }

    private static double[] Predicted(string path) =>
        [
            .. Simulate(path, RowReader.Read(path, ModelCatalog.BuiltIn))
                .Outcomes.SelectMany(outcome => outcome.Figures)
                .Select(figure => figure.Seconds.Predicted),
        ];

    private static ServingValidation Simulate(string path, IReadOnlyList<MeasuredCase> cases) =>
        ServingValidation.Of(
            path,
            cases,
            new ServingOptions { By = "engine" },
            Context,
            onProgress: null,
            TestContext.Current.CancellationToken
        );

    private static CaseContext Context => new("roofline", LlmSim.Experiments.Extensions.Catalogs.BuiltIn);

    private Scenario Scenario(string row)
    {
        var rows = RowReader.Read(_folder.Write("rows.csv", Header + row), ModelCatalog.BuiltIn);
        return CaseScenario.Of(((ServingRow)rows.Single()).Deployment, Context);
    }
}
