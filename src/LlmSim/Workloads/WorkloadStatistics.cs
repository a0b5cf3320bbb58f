using System.Runtime.InteropServices;
using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>What a workload is like. Values that it does not have (a rate of one request, say) are null.</summary>
internal sealed record WorkloadStatistics
{
    /// <summary>Requests, those of conversations among them.</summary>
    public required long Requests { get; init; }

    /// <summary>What its conversations are like; null when there is none. The figures of arrivals are of their first requests.</summary>
    public required ConversationStatistics? Conversations { get; init; }

    /// <summary>Prompt lengths.</summary>
    public required LengthStatistics Input { get; init; }

    /// <summary>Output lengths.</summary>
    public required LengthStatistics Output { get; init; }

    /// <summary>Pearson's correlation of the logarithms of both lengths.</summary>
    public required double? LogCorrelation { get; init; }

    /// <summary>Last arrival − first arrival, in seconds.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>1 / mean gap between arrivals, in requests per second.</summary>
    public required double? RatePerSecond { get; init; }

    /// <summary>Standard deviation / mean of the gaps between arrivals: 0 constant, 1 Poisson, above 1 bursts.</summary>
    public required double? GapCv { get; init; }

    /// <summary>
    /// Requests in the fullest whole minute / mean requests of a whole minute, minutes counted from the first arrival.
    /// </summary>
    public required double? PeakToMean { get; init; }

    /// <summary>Prompt blocks; null when no request has hash ids.</summary>
    public required long? PromptBlocks { get; init; }

    /// <summary>
    /// Share of the prompt blocks that an unlimited cache has: the block, and all blocks before it in its prompt, came in an
    /// earlier request. 0 to 1.
    /// </summary>
    public required double? SharedPrefixShare { get; init; }

    /// <summary>
    /// Describes a workload in one pass. Memory grows with the number of distinct lengths and blocks, not with requests.
    /// </summary>
    /// <exception cref="UserErrorException">The workload is empty.</exception>
    public static WorkloadStatistics Compute(IEnumerable<RequestSpec> requests)
    {
        var input = new Dictionary<int, long>();
        var output = new Dictionary<int, long>();
        var logs = new Covariance();
        var arrivals = new ArrivalCounter();
        var prefixes = new PrefixCounter();
        var conversations = new ConversationStatistics.Counter();
        var count = 0L;
        foreach (var request in requests)
        {
            arrivals.Add(request.Arrival);
            if (request.Conversation is not { } conversation)
            {
                Count(request.InputTokens, request.OutputTokens);
                prefixes.Add(request.HashIds);
                continue;
            }

            conversations.Add(conversation);
            foreach (var turn in conversation.Turns)
            {
                Count(turn.PromptTokens, turn.Output.Tokens);
            }
        }

        void Count(int inputTokens, int outputTokens)
        {
            count++;
            CollectionsMarshal.GetValueRefOrAddDefault(input, inputTokens, out _)++;
            CollectionsMarshal.GetValueRefOrAddDefault(output, outputTokens, out _)++;
            logs.Add(Math.Log(inputTokens), Math.Log(outputTokens));
        }

        if (arrivals.Count == 0)
        {
            throw new UserErrorException("the workload is empty; allowed: at least one request");
        }

        return new WorkloadStatistics
        {
            Requests = count,
            Conversations = conversations.ToStatistics(),
            Input = LengthStatistics.Of(input),
            Output = LengthStatistics.Of(output),
            LogCorrelation = logs.Correlation,
            DurationSeconds = arrivals.DurationSeconds,
            RatePerSecond = arrivals.RatePerSecond,
            GapCv = arrivals.GapCv,
            PeakToMean = arrivals.PeakToMean,
            PromptBlocks = prefixes.Blocks > 0 ? prefixes.Blocks : null,
            SharedPrefixShare = prefixes.SharedShare,
        };
    }

    /// <summary>All values in a fixed order, for a table or JSON; those that are null are left out.</summary>
    public IReadOnlyList<WorkloadStatistic> ToRows()
    {
        WorkloadStatistic?[] rows =
        [
            Row("requests", Requests, ""),
            .. Conversations?.ToRows() ?? [],
            .. Input.ToRows("input"),
            .. Output.ToRows("output"),
            Row("log_length_correlation", LogCorrelation, ""),
            Row("duration", DurationSeconds, "s"),
            Row("rate", RatePerSecond, Conversations is null ? "requests/s" : "conversations/s"),
            Row("gap_cv", GapCv, ""),
            Row("peak_to_mean_60s", PeakToMean, ""),
            Row("prompt_blocks", PromptBlocks, "blocks"),
            Row("shared_prefix", SharedPrefixShare * 100, "%"),
        ];
        return [.. rows.OfType<WorkloadStatistic>()];
    }

    private static WorkloadStatistic? Row(string name, double? value, string unit) =>
        value is { } known ? new WorkloadStatistic(name, known, unit) : null;

    private sealed class ArrivalCounter
    {
        private static readonly SimTime s_window = SimTime.FromSeconds(60);

        private readonly Covariance _gaps = new();
        private SimTime _first;
        private SimTime _last;
        private long _window;
        private long _countInWindow;
        private long _peak;
        private long _countBeforeWindow;

        public long Count { get; private set; }

        public double DurationSeconds => (_last - _first).Seconds;

        public double? RatePerSecond => DurationSeconds > 0 ? (Count - 1) / DurationSeconds : null;

        public double? GapCv =>
            DurationSeconds > 0 && Count > 2 ? _gaps.StandardDeviationX / _gaps.MeanX : null;

        public double? PeakToMean => _window > 0 ? _peak / ((double)_countBeforeWindow / _window) : null;

        public void Add(SimTime arrival)
        {
            if (Count == 0)
            {
                _first = _last = arrival;
            }
            else
            {
                var gapSeconds = (arrival - _last).Seconds;
                _gaps.Add(gapSeconds, gapSeconds);
            }

            _last = arrival;
            EnterWindow((arrival - _first).Nanoseconds / s_window.Nanoseconds);
            Count++;
            _countInWindow++;
        }

        private void EnterWindow(long window)
        {
            if (window > _window)
            {
                _peak = Math.Max(_peak, _countInWindow);
                (_window, _countBeforeWindow, _countInWindow) = (window, Count, 0);
            }
        }
    }

    private sealed class PrefixCounter
    {
        private readonly HashSet<long> _seen = [];
        private long _shared;

        public long Blocks { get; private set; }

        public double? SharedShare => Blocks > 0 ? (double)_shared / Blocks : null;

        public void Add(long[]? hashIds)
        {
            if (hashIds is null)
            {
                return;
            }

            Blocks += hashIds.Length;
            var firstNew = Array.FindIndex(hashIds, id => !_seen.Contains(id));
            _shared += firstNew < 0 ? hashIds.Length : firstNew;
            _seen.UnionWith(hashIds);
        }
    }
}

/// <summary>One value of a workload's description.</summary>
/// <param name="Name">Its name, in snake case.</param>
/// <param name="Value">Its value.</param>
/// <param name="Unit">Its unit; empty for a plain number.</param>
internal readonly record struct WorkloadStatistic(string Name, double Value, string Unit);
