using System.Globalization;
using System.Text.Json.Nodes;
using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Workloads;

namespace LlmSim.Tests.Validation.Bench;

/// <summary>A load test of a simulated deployment, written as the tools write theirs: its validation has to find no error.</summary>
internal sealed class LoadTest
{
    public const string Model = "meta-llama/Llama-3.1-8B";

    public const string Cluster = """
        [{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 1, "engine": { "max_num_seqs": 64 } }]
        """;

    private static readonly double[] s_percentiles = [50, 90, 99];

    private readonly int? _concurrency;
    private readonly RunSummary _summary;
    private readonly RequestRecord[] _records;

    public LoadTest(string clusterPath, IEnumerable<RequestSpec> requests, int? concurrency)
    {
        _concurrency = concurrency;
        var records = new List<RequestRecord>();
        var scenario = Experiment.CreateScenario(
            new RunConfiguration
            {
                Model = Model,
                Cluster = clusterPath,
                Performance = PerformanceSource.Roofline,
            }
        ) with
        {
            Concurrency = concurrency,
        };
        _summary = Simulator.Run(scenario, requests, records.Add);
        _records = [.. records.OrderBy(record => record.Id)];
    }

    public static IEnumerable<RequestSpec> Fixed(int count) =>
        Enumerable.Range(0, count).Select(id => new RequestSpec(id, SimTime.Zero, 1000, 50));

    /// <summary>Lengths and times that vary.</summary>
    public static RequestSpec[] Varied(int count, double rate)
    {
        var random = new RandomStream(7, "test");
        var requests = Enumerable
            .Range(0, count)
            .Select(id => new RequestSpec(id, SimTime.Zero, 1 + random.Next(2000), 2 + random.Next(300)))
            .ToArray();
        return [.. ArrivalProcess.Poisson.Apply(requests, rate, 3)];
    }

    private double DurationSeconds => _records.Max(record => record.Finish.Seconds);

    /// <summary>As vllm bench serve writes it.</summary>
    public JsonObject Vllm(bool isDetailed, double? requestRate = null)
    {
        var result = new JsonObject
        {
            ["date"] = "20260101-000000",
            ["backend"] = "vllm",
            ["model_id"] = Model,
            ["num_prompts"] = _records.Length,
            ["request_rate"] = requestRate is { } rate ? JsonValue.Create(rate) : "inf",
            ["burstiness"] = 1.0,
            ["max_concurrency"] = _concurrency,
            ["duration"] = DurationSeconds,
            ["completed"] = _records.Length,
            ["failed"] = 0,
            ["total_input_tokens"] = _records.Sum(record => record.TraceInputTokens),
            ["total_output_tokens"] = _records.Sum(record => record.TraceOutputTokens),
        };
        foreach (var (name, values) in Quantities())
        {
            result[$"mean_{name}_ms"] = values.Average() * 1e3;
            result[$"median_{name}_ms"] = Quantile(values, 50) * 1e3;
            result[$"std_{name}_ms"] = 1;
            foreach (var percent in s_percentiles)
            {
                result[$"p{percent.ToString(CultureInfo.InvariantCulture)}_{name}_ms"] =
                    Quantile(values, percent) * 1e3;
            }
        }

        result["mean_itl_ms"] = _summary.ItlSeconds.Mean * 1e3;
        result["p99_itl_ms"] = _summary.ItlSeconds.P99 * 1e3;
        if (isDetailed)
        {
            // The clock of the client begins anywhere.
            result["start_times"] = Array(record => record.Arrival.Seconds + 12345);
            result["input_lens"] = Array(record => record.TraceInputTokens);
            result["output_lens"] = Array(record => record.TraceOutputTokens);
            result["ttfts"] = Array(record => record.TtftSeconds);
            result["itls"] = new JsonArray([
                .. _records.Select(record => new JsonArray((record.Finish - record.PrefillFinish).Seconds)),
            ]);
            result["errors"] = new JsonArray([.. _records.Select(_ => JsonValue.Create(""))]);
        }

        return result;
    }

    /// <summary>As AIPerf's profile_export_aiperf.json.</summary>
    public JsonObject Aiperf(JsonObject loadgen)
    {
        var result = new JsonObject
        {
            ["request_count"] = Metric("requests", _records.Length),
            ["error_request_count"] = Metric("requests", 0),
            ["input_sequence_length"] = Metric("tokens", _records.Average(record => record.TraceInputTokens)),
            ["output_sequence_length"] = Metric(
                "tokens",
                _records.Average(record => record.TraceOutputTokens)
            ),
            ["benchmark_duration"] = Metric(
                "sec",
                DurationSeconds - _records.Min(record => record.Arrival.Seconds)
            ),
            ["input_config"] = new JsonObject
            {
                ["endpoint"] = new JsonObject { ["model_names"] = new JsonArray(Model) },
                ["loadgen"] = loadgen,
            },
        };
        foreach (var (name, values) in Quantities())
        {
            var metric = Metric("ms", values.Average() * 1e3);
            metric["p1"] = Quantile(values, 1) * 1e3;
            metric["p99"] = Quantile(values, 99) * 1e3;
            result[AiperfName(name)] = metric;
        }

        return result;
    }

    /// <summary>As AIPerf's profile_export.jsonl, in the order of the ends.</summary>
    public string AiperfRecords() =>
        string.Concat(
            _records
                .OrderBy(record => record.Finish)
                .Select(record =>
                    new JsonObject
                    {
                        ["metadata"] = new JsonObject
                        {
                            ["turn_index"] = 0,
                            ["request_start_ns"] = 1_759_813_207_532_900_363 + record.Arrival.Nanoseconds,
                            ["benchmark_phase"] = "profiling",
                            ["was_cancelled"] = false,
                        },
                        ["metrics"] = new JsonObject
                        {
                            ["input_sequence_length"] = Value("tokens", record.TraceInputTokens),
                            ["output_sequence_length"] = Value("tokens", record.TraceOutputTokens),
                            ["time_to_first_token"] = Value("ms", record.TtftSeconds * 1e3),
                            ["inter_token_latency"] = Value("ms", record.TpotSeconds * 1e3),
                            ["request_latency"] = Value("ms", record.EndToEndSeconds * 1e3),
                        },
                        ["error"] = null,
                    }.ToJsonString() + "\n"
                )
        );

    private IEnumerable<(string Name, double[] Sorted)> Quantities() =>
        [
            ("ttft", [.. _records.Select(record => record.TtftSeconds).Order()]),
            ("tpot", [.. _records.Select(record => record.TpotSeconds).Order()]),
            ("e2el", [.. _records.Select(record => record.EndToEndSeconds).Order()]),
        ];

    private JsonArray Array(Func<RequestRecord, double> value) =>
        new([.. _records.Select(record => JsonValue.Create(value(record)))]);

    private static JsonObject Metric(string unit, double average) =>
        new() { ["unit"] = unit, ["avg"] = average };

    private static JsonObject Value(string unit, double value) =>
        new() { ["value"] = value, ["unit"] = unit };

    private static string AiperfName(string name) =>
        name switch
        {
            "ttft" => "time_to_first_token",
            "tpot" => "inter_token_latency",
            _ => "request_latency",
        };

    private static double Quantile(double[] sorted, double percent)
    {
        var rank = (sorted.Length - 1) * percent / 100;
        var below = sorted[(int)rank];
        return below + ((rank - (int)rank) * (sorted[Math.Min((int)rank + 1, sorted.Length - 1)] - below));
    }
}
