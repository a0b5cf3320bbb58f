using System.Globalization;
using System.Text.Json;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>
/// What <c>vllm bench serve --save-result</c> writes (github.com/vllm-project/vllm, vllm/benchmarks/serve.py), with <c>--save-detailed</c>
/// or without; also that of sglang's bench_serving, which came of it.
/// </summary>
internal static class VllmBenchResult
{
    private const string UnitEnd = "_ms";
    private const double Millisecond = 1e-3;

    private static readonly Dictionary<string, string> s_quantities = new(StringComparer.Ordinal)
    {
        ["ttft"] = "ttft",
        ["tpot"] = "tpot",
        ["itl"] = "itl",
        ["e2el"] = "e2e",
        // sglang's name.
        ["e2e_latency"] = "e2e",
    };

    /// <summary>Fields by which such a result is known.</summary>
    private static readonly string[] s_marks =
    [
        "duration",
        "completed",
        "total_input_tokens",
        "total_output_tokens",
    ];

    public static bool Is(JsonFields result) => s_marks.Count(result.Has) >= 2 && !result.Has("input_config");

    /// <summary>The result.</summary>
    /// <exception cref="UserErrorException">A field is wrong or missing.</exception>
    public static BenchResult Of(JsonFields fields, double rangeRatio)
    {
        var duration = fields.Required("duration", fields.Positive("duration"));
        var served = Served(fields, rangeRatio, out var failed, out var hasLengths);
        var rate = fields.Required("request_rate", fields.PositiveOrInfinite("request_rate"));
        var burstiness = fields.Burstiness("burstiness");
        var concurrency = fields.Whole("max_concurrency");
        // Under a limit requests are sent when the engine has ended others; when they were due is known with their time in the queue.
        var sent =
            concurrency is null || (double.IsFinite(rate) && fields.Has("queue_times"))
                ? served.SentSeconds(duration)
                : null;
        var load = new BenchLoad
        {
            Lengths = served.Lengths,
            SentSeconds = sent,
            // What failed took its place among the arrivals.
            RatePerSecond = double.IsFinite(rate) ? rate * served.Count / (served.Count + failed) : null,
            Arrivals = BenchLoad.Process(burstiness),
            FillsItsSpan = true,
            // All at once is a loop in which all are in flight.
            Concurrency = concurrency ?? (double.IsInfinity(rate) && sent is null ? served.Count : null),
        };
        var measured = Measured(fields);
        measured.Add(PredictedFigures.Duration, duration);
        return new BenchResult
        {
            Id = fields.Where,
            Tool = "vllm_bench",
            Model = fields.Text("model_id"),
            Load = load,
            Measured = measured,
            Doubt = BenchChecks.Doubt(load, failed, burstiness, measured),
            Obstacle = Obstacle(fields, sent),
            Notices =
            [
                .. new[]
                {
                    BenchChecks.Failures(failed, served.Count + failed),
                    hasLengths ? null : BenchChecks.LengthsNotSaved(rangeRatio, "--save-detailed saves them"),
                    sent is not null && double.IsFinite(rate)
                        ? BenchChecks.RecordedRate(sent, load.RatePerSecond!.Value, burstiness)
                        : null,
                }.OfType<string>(),
            ],
        };
    }

    private static ServedRequests Served(
        JsonFields fields,
        double rangeRatio,
        out int failed,
        out bool hasLengths
    )
    {
        hasLengths = fields.Has("input_lens") && fields.Has("output_lens");
        if (hasLengths)
        {
            return Detailed(fields, out failed);
        }

        var completed = fields.Required("completed", fields.Whole("completed", least: 0));
        failed =
            fields.Whole("failed", least: 0)
            ?? Math.Max(0, (fields.Whole("num_prompts") ?? completed) - completed);
        return completed > 0
            ? ServedRequests.Of(Lengths("total_input_tokens"), Lengths("total_output_tokens"))
            : throw fields.Wrong("completed", "at least 1: there is nothing to compare");

        int[] Lengths(string name) =>
            BenchLengths.Uniform(name, Total(fields, name, completed), completed, rangeRatio);
    }

    /// <summary>Whether there was no error: its text is empty or not there.</summary>
    private static bool IsEmpty(JsonElement? error) => error?.GetRawText() is null or "null" or "\"\"";

    private static long Total(JsonFields fields, string name, int completed)
    {
        var total = fields.Required(name, fields.Long(name));
        return total >= completed && total / completed <= int.MaxValue
            ? total
            : throw fields.Wrong(
                name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"at least one token of each of {completed} requests"
                )
            );
    }

    private static ServedRequests Detailed(JsonFields fields, out int failed)
    {
        var inputs = fields.Wholes("input_lens", least: 0)!;
        // 0 for a request that failed.
        var outputs = fields.Wholes("output_lens", least: 0)!;
        var starts = fields.Numbers("start_times");
        var queued = fields.Numbers("queue_times");
        var firsts = fields.Numbers("ttfts");
        var gaps = fields.Sums("itls");
        var errors = fields.List("errors");
        foreach (
            var (name, count) in new (string, int?)[]
            {
                ("output_lens", outputs.Count),
                ("start_times", starts?.Count),
                ("queue_times", queued?.Count),
                ("ttfts", firsts?.Count),
                ("itls", gaps?.Count),
                ("errors", errors?.Count),
            }
        )
        {
            if (count is { } other && other != inputs.Count)
            {
                throw new UserErrorException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{fields.Where}: {name}: found {other} of them beside {inputs.Count} input_lens; allowed: as many"
                    )
                );
            }
        }

        int[] served =
        [
            .. Enumerable
                .Range(0, inputs.Count)
                .Where(i => inputs[i] > 0 && outputs[i] > 0 && IsEmpty(errors?[i])),
        ];
        failed = inputs.Count - served.Length;
        return served.Length > 0
            ? new ServedRequests(
                served.Select(i => new ServedRequest(
                    new(inputs[i], outputs[i]),
                    starts?[i] - (queued?[i] ?? 0),
                    starts?[i] + firsts?[i] + gaps?[i]
                ))
            )
            : throw new UserErrorException(
                $"{fields.Where}: output_lens: no request completed: there is nothing to compare"
            );
    }

    /// <summary>
    /// Figures that a simulation has too; 0 stands for one that was not measured. Queue times of a limited client are among the times
    /// of sending, not in these.
    /// </summary>
    private static Dictionary<string, double> Measured(JsonFields fields)
    {
        var measured = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var name in fields.Names.Where(name => name.EndsWith(UnitEnd, StringComparison.Ordinal)))
        {
            if (
                name[..^UnitEnd.Length].Split('_', 2) is [var stated, var of]
                && s_quantities.TryGetValue(of, out var quantity)
                && (stated == "median" ? "p50" : stated) is var statistic
                && BenchFigures.IsPredicted(quantity, statistic)
                && fields.Number(name) is > 0 and var value
            )
            {
                measured[$"{quantity}_{statistic}"] = value * Millisecond;
            }
        }

        return measured;
    }

    private static NotExpressibleException? Obstacle(JsonFields fields, IReadOnlyList<double>? sent) =>
        fields.Number("spec_decode_num_drafts") > 0 || fields.Number("accept_length") > 1
            ? new("speculative decoding", "tokens are predicted several at once")
        : fields.Has("diffusion_denoising_steps") ? new("diffusion", "tokens are not generated one by one")
        : fields.Has("ramp_up_strategy") && sent is null
            ? new("rate that ramps up", "ramp_up_strategy without start_times (--save-detailed saves them)")
        : null;
}
