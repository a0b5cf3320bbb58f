using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>How AIPerf, or genai-perf before it, was told to send: the <c>input_config</c> of a result, which has had several forms.</summary>
internal sealed record AiperfLoad
{
    /// <summary>"aiperf" or "genai_perf".</summary>
    public string Tool { get; private init; } = "aiperf";

    public string? Model { get; private init; }

    public int? Concurrency { get; private init; }

    public double? RatePerSecond { get; private init; }

    /// <summary>Shape of the gaps' distribution: 1 for Poisson, infinite for constant gaps.</summary>
    public double Burstiness { get; private init; } = 1;

    /// <summary>Why requests are only known where their times were recorded; null when the rest says it all.</summary>
    public string? NeedsRecords { get; private init; }

    /// <summary>Why it cannot be simulated at all; null when it can.</summary>
    public NotExpressibleException? Obstacle { get; private init; }

    /// <summary>The load of a result; one that says nothing where it has no configuration.</summary>
    /// <exception cref="UserErrorException">A field is wrong.</exception>
    public static AiperfLoad Of(JsonFields? result)
    {
        if (result?.Object("input_config") is not { } config)
        {
            return new AiperfLoad { NeedsRecords = "there is no input_config" };
        }

        var load =
            config.Has("phases") ? OfPhases(config.Objects("phases")!)
            : config.Object("loadgen") is { } generator ? OfGenerator(generator, config.Object("input"))
            : OfGenaiPerf(config);
        load = load with { Model = ModelOf(config), Obstacle = load.Obstacle ?? Conversations(config) };
        return load.Concurrency is null && load.RatePerSecond is null && load.NeedsRecords is null
            ? load with
            {
                NeedsRecords = "input_config has neither a concurrency nor a request rate",
            }
            : load;
    }

    /// <summary>AIPerf's later form: a list of phases, of which those of warming up are not measured.</summary>
    private static AiperfLoad OfPhases(IReadOnlyList<JsonFields> phases)
    {
        var measured = phases
            .Where(phase => (phase.Text("kind") ?? phase.Text("name")) != "warmup")
            .ToArray();
        if (measured is not [var one])
        {
            return new AiperfLoad { Obstacle = new("several phases", "their figures are not told apart") };
        }

        var type = one.Text("type");
        return new AiperfLoad
        {
            Concurrency = one.Whole("concurrency"),
            RatePerSecond = one.Positive("rate"),
            Burstiness = Shape(type, one.Burstiness("smoothness")),
            NeedsRecords = type is "fixed_schedule" or "user_centric"
                ? $"its times follow a schedule ({type})"
                : null,
            Obstacle = Limits(one),
        };
    }

    /// <summary>AIPerf's first form.</summary>
    private static AiperfLoad OfGenerator(JsonFields generator, JsonFields? input) =>
        new()
        {
            Concurrency = generator.Whole("concurrency"),
            RatePerSecond = generator.Positive("request_rate"),
            Burstiness = Shape(
                generator.Text("arrival_pattern") ?? generator.Text("request_rate_mode"),
                generator.Burstiness("arrival_smoothness")
            ),
            NeedsRecords =
                input?.Has("fixed_schedule") == true && input.Flag("fixed_schedule")
                    ? "its times follow a schedule (fixed_schedule)"
                : generator.Has("user_centric_rate") ? "its times follow a schedule (user_centric_rate)"
                : null,
            Obstacle = Limits(generator),
        };

    /// <summary>genai-perf's, early and late; perf_analyzer sends at constant gaps.</summary>
    private static AiperfLoad OfGenaiPerf(JsonFields config)
    {
        var stimulus = config.Object("perf_analyzer")?.Object("stimulus") ?? config;
        return new AiperfLoad
        {
            Tool = "genai_perf",
            Concurrency = stimulus.Whole("concurrency"),
            RatePerSecond = stimulus.Positive("request_rate"),
            Burstiness = double.PositiveInfinity,
            Obstacle =
                stimulus.Has("session_concurrency") || stimulus.Has("session_request_rate")
                    ? new("conversations of several turns", "sessions are sent")
                    : null,
        };
    }

    private static double Shape(string? pattern, double smoothness) =>
        pattern switch
        {
            "constant" => double.PositiveInfinity,
            "gamma" => smoothness,
            _ => 1,
        };

    private static NotExpressibleException? Limits(JsonFields load) =>
        load.Names.FirstOrDefault(name =>
            load.Has(name)
            && (
                name is "prefill_concurrency" or "rate_series"
                || name.EndsWith("_ramp", StringComparison.Ordinal)
                || (
                    name.EndsWith("ramp_duration", StringComparison.Ordinal)
                    && !name.StartsWith("warmup", StringComparison.Ordinal)
                )
            )
        )
            is { } name
            ? new("load that changes or is limited by prompts", name)
            : null;

    private static NotExpressibleException? Conversations(JsonFields config) =>
        config.Object("input")?.Object("conversation")?.Object("turn")?.Number("mean") > 1
            ? new("conversations of several turns", "input.conversation.turn.mean is above 1")
            : null;

    private static string? ModelOf(JsonFields config) =>
        config.Object("models")?.Objects("items") is [var item, ..]
            ? item.Text("name")
            : (config.Object("endpoint") ?? config).FirstText("model_names") ?? config.FirstText("model");
}
