using LlmSim.Fleets;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Cli;
using LlmSim.Tests.Experiments;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Models;

/// <summary>Accelerators that change between models, on runs that can be followed by hand.</summary>
public sealed class SwapTests
{
    private const double AfterSeconds = 2;
    private const double StartSeconds = 5;

    [Fact]
    public void A_request_for_another_model_waits_for_the_rule_and_the_start()
    {
        var records = Run(
            out var fleet,
            Request(0, at: 0, output: 10, model: null),
            Request(1, at: 1, output: 10, TwoModels.Other),
            Request(2, at: 4, output: 10, model: null),
            Request(3, at: 8.5, output: 10, TwoModels.Other)
        );

        // The other model: asked for at 1, changed to 2 s later, ready after another 5 s.
        Assert.Equal(8, records[1].PrefillStart.Seconds, 1e-9);
        Assert.Equal(8.5, records[3].PrefillStart.Seconds, 0.01);
        // It stays 2 s; the first is back 5 s later, though it was asked for at 4.
        Assert.Equal(15, records[2].PrefillStart.Seconds, 1e-9);
        Assert.Equal((2, 2, 2), (fleet.Swaps, fleet.Starts, fleet.Stops));
        // One instance is ready, starting or draining at any time.
        Assert.Equal(records.Max(record => record.Finish).Seconds, fleet.AcceleratorSeconds, 1e-6);
    }

    [Fact]
    public void What_runs_ends_before_the_model_changes()
    {
        var records = Run(
            out _,
            Request(0, at: 0, output: 5000, model: null),
            Request(1, at: 0, output: 10, TwoModels.Other)
        );

        Assert.True(records[0].Finish.Seconds > 2 * AfterSeconds);
        Assert.Equal(records[0].Finish.Seconds + StartSeconds, records[1].PrefillStart.Seconds, 1e-9);
    }

    [Fact]
    public void A_start_takes_the_time_to_load_the_weights_of_the_model()
    {
        using var folder = new TemporaryFolder();
        var requests = folder.File("r.csv");
        var run = CliRun.Of(
            "run",
            "--model",
            "Llama-3.1-8B",
            "--cluster",
            folder.Write(
                "c.json",
                """[{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 2, "models": ["Llama-3.1-8B", "Qwen3-8B"], "swap_after": 3 }]"""
            ),
            "--trace_path",
            folder.Write("t.csv", "at,in,out,which\n0,500,20,Llama-3.1-8B\n1,500,20,Qwen3-8B\n"),
            "--columns",
            "arrival=at,input=in,output=out,model=which",
            "--start_time",
            "engine=20,load=1e9",
            "--verify",
            "--requests_output",
            requests
        );

        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("1 changes of the model", run.Out, StringComparison.Ordinal);
        var rows = File.ReadLines(requests).Select(line => line.Split(',')).ToArray();
        var start = double.Parse(
            rows[2][Array.IndexOf(rows[0], "prefill_start")],
            System.Globalization.CultureInfo.InvariantCulture
        );
        var model = new ServedModel(ModelCatalog.BuiltIn.Get("Qwen3-8B"));
        var spec = new InstanceSpec { Hardware = HardwareCatalog.BuiltIn.Get("NVIDIA_H100_SXM"), TpSize = 2 };
        var bytes = KvCapacity.WeightBytes(model.Model, model.Precision, spec, Semantics.Standard);
        Assert.InRange(bytes, 16e9, 17e9);
        // What the engine takes for a request comes before its wait.
        Assert.Equal(1 + 3 + 20 + (bytes / 2e9), start, 0.01);
    }

    [Theory]
    [InlineData(
        "\"models\": \"Qwen3-8B\"",
        ":1: models: found 'Qwen3-8B'; allowed: a list of two or more names of models, each once"
    )]
    [InlineData("\"models\": [\"Qwen3-8B\"]", ":1: models: found 1; allowed: a list of two or more")]
    [InlineData("\"models\": [\"Qwen3-8B\", \"Qwen/Qwen3-8B\"]", ":1: models: found 'Qwen/Qwen3-8B' again")]
    [InlineData(
        "\"models\": [\"Qwen3-8B\", \"Qwen3-9B\"]",
        ":1: models: model 'Qwen3-9B' is unknown. Did you mean 'Qwen3-"
    )]
    [InlineData(
        "\"models\": [\"Qwen3-8B\", \"Qwen3-4B\"], \"model\": \"Qwen3-8B\"",
        ":1: model: found beside models; allowed: one of them"
    )]
    [InlineData(
        "\"models\": [\"Qwen3-8B\", \"Qwen3-4B\"], \"swap_after\": -1",
        ":1: swap_after: found -1; allowed: a number"
    )]
    [InlineData(
        "\"models\": [\"Qwen3-8B\", \"Qwen3-4B\"], \"engine\": { \"data_parallel_group\": \"a\" }",
        "data_parallel_group: the members of a serve different models"
    )]
    public void Wrong_input_is_told(string fields, string message)
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of(
            "run",
            "--model",
            "Qwen3-8B",
            "--cluster",
            folder.Write(
                "c.json",
                $$"""[{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 1, {{fields}} }]"""
            ),
            "--request_count",
            "5"
        );

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Autoscalers_do_not_stop_what_changes_its_model()
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of(
            "run",
            "--model",
            "Qwen3-8B",
            "--cluster",
            folder.Write(
                "c.json",
                """[{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 1, "models": ["Qwen3-8B", "Qwen3-4B"] }]"""
            ),
            "--request_count",
            "5",
            "--autoscale",
            "fixed:count=1"
        );
        Assert.Contains(
            "autoscale: instances with several models change by the requests that wait",
            run.Error,
            StringComparison.Ordinal
        );
    }

    /// <summary>One machine with a model for each of two instances, of which the first is there at the start.</summary>
    private static RequestRecord[] Run(out FleetSummary fleet, params RequestSpec[] requests)
    {
        var one = AbstractScenario.OfEngines(
            new IterationTimesModel(1e-3, 1e-6, 0, 0),
            new EngineSpec { KvBlocks = 10_000 },
            mixed: 1
        );
        var scenario = TwoModels.Join(one, one) with
        {
            Fleet = new FleetPlan
            {
                StartSeconds = StartSeconds,
                Swaps = [new SwapPlan("mixed", [0, 1], AfterSeconds)],
            },
        };
        var records = new List<RequestRecord>();
        var summary = Simulator.Run(scenario, requests, records.Add, TestContext.Current.CancellationToken);
        fleet = summary.Fleet!;
        return [.. records.OrderBy(record => record.Id)];
    }

    private static RequestSpec Request(long id, double at, int output, string? model) =>
        new(id, SimTime.FromSeconds(at), InputTokens: 100, output)
        {
            Origin = new RequestOrigin { Model = model },
        };
}
