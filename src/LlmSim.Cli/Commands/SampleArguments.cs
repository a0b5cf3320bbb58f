using System.CommandLine;
using LlmSim.Experiments.Samples;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Cli.Commands;

/// <summary>Samples of the instances over time.</summary>
internal sealed class SampleArguments
{
    private const double DefaultEventRate = 0.001;

    private readonly Option<bool> _queueStates = CliOption.Flag(
        "sample_queue_states",
        "sample the queue and the running requests of every instance"
    );

    private readonly Option<bool> _memoryUsage = CliOption.Flag(
        "sample_memory_usage",
        "sample the KV memory of every instance"
    );

    private readonly Option<double?> _rate = CliOption.OptionalNumber(
        "sample_rate",
        "probability of a sample after an event; such samples list the queued requests "
            + FormattableString.Invariant($"[{DefaultEventRate}; with --sample_interval: 0]"),
        FigureRanges.Share
    );

    private readonly Option<double?> _interval = CliOption.OptionalNumber(
        "sample_interval",
        "simulated time between samples",
        SamplingPlan.IntervalRange
    );

    private readonly Option<string> _queueStatesOutput = CliOption.File(
        "queue_states_output",
        "the queue samples, CSV or Parquet by extension",
        "queue_states.csv"
    );

    private readonly Option<string> _memoryUsageOutput = CliOption.File(
        "memory_usage_output",
        "the memory samples, CSV or Parquet by extension",
        "memory_usage.csv"
    );

    private readonly Option<long?> _limit = CliOption.Integer(
        "sample_limit",
        "most rows of a file of samples: a run that would write more stops",
        SampleOptions.DefaultRowLimit,
        min: 1
    );

    public OptionGroup Group =>
        new(
            "Samples over time",
            [_queueStates, _memoryUsage, _rate, _interval, _limit, _queueStatesOutput, _memoryUsageOutput]
        );

    /// <summary>What to sample; null for nothing.</summary>
    public SampleOptions? Read(ParseResult parse)
    {
        var queueStates = parse.GetValue(_queueStates);
        var memoryUsage = parse.GetValue(_memoryUsage);
        if (!queueStates && !memoryUsage)
        {
            return null;
        }

        var interval = parse.GetValue(_interval);
        return new SampleOptions(
            queueStates ? parse.GetValue(_queueStatesOutput) : null,
            memoryUsage ? parse.GetValue(_memoryUsageOutput) : null,
            interval,
            parse.GetValue(_rate) ?? (interval is null ? DefaultEventRate : 0),
            parse.GetValue(_limit)!.Value
        );
    }

    /// <summary>What reads the options.</summary>
    public IEnumerable<ConditionalOptions> Readers(ParseResult parse)
    {
        var queueStates = parse.GetValue(_queueStates);
        var memoryUsage = parse.GetValue(_memoryUsage);
        return
        [
            new(
                "--sample_queue_states or --sample_memory_usage",
                queueStates || memoryUsage,
                _rate,
                _interval,
                _limit
            ),
            new("--sample_queue_states", queueStates, _queueStatesOutput),
            new("--sample_memory_usage", memoryUsage, _memoryUsageOutput),
        ];
    }
}
