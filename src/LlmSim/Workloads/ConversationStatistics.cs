using System.Runtime.InteropServices;
using LlmSim.Memory;

namespace LlmSim.Workloads;

/// <summary>What the conversations of a workload are like.</summary>
internal sealed record ConversationStatistics
{
    /// <summary>Conversations.</summary>
    public required long Conversations { get; init; }

    /// <summary>Requests of a conversation.</summary>
    public required LengthStatistics Turns { get; init; }

    /// <summary>Mean seconds between an answer and the next request; null when there is no second one.</summary>
    public required double? PauseMeanSeconds { get; init; }

    /// <summary>Their median.</summary>
    public required double? PauseMedianSeconds { get; init; }

    /// <summary>What nine of ten are below.</summary>
    public required double? PauseP90Seconds { get; init; }

    /// <summary>
    /// Share of the prompt tokens that an unlimited cache has: they, and all before them in their prompt, were said in an earlier request, its answer
    /// included. 0 to 1.
    /// </summary>
    public required double SaidBeforeShare { get; init; }

    /// <summary>All values in a fixed order.</summary>
    public IEnumerable<WorkloadStatistic?> ToRows()
    {
        yield return new WorkloadStatistic("conversations", Conversations, "");
        yield return new WorkloadStatistic("turns_mean", Turns.Mean, "requests");
        yield return new WorkloadStatistic("turns_p50", Turns.Quantiles[5], "requests");
        yield return new WorkloadStatistic("turns_p90", Turns.Quantiles[7], "requests");
        yield return new WorkloadStatistic("turns_p100", Turns.Quantiles[^1], "requests");
        yield return Seconds("pause_mean", PauseMeanSeconds);
        yield return Seconds("pause_p50", PauseMedianSeconds);
        yield return Seconds("pause_p90", PauseP90Seconds);
        yield return new WorkloadStatistic("said_before", SaidBeforeShare * 100, "%");
    }

    private static WorkloadStatistic? Seconds(string name, double? seconds) =>
        seconds is { } known ? new WorkloadStatistic(name, known, "s") : null;

    /// <summary>Takes the conversations one after another.</summary>
    internal sealed class Counter
    {
        private readonly Dictionary<int, long> _turns = [];
        private readonly List<double> _pauses = [];

        /// <summary>Ends of what was said: the segments up to there, hashed one behind the other.</summary>
        private readonly HashSet<ulong> _said = [];
        private long _conversations;
        private long _tokens;
        private long _saidTokens;

        public void Add(Conversation conversation)
        {
            _conversations++;
            CollectionsMarshal.GetValueRefOrAddDefault(_turns, conversation.Turns.Count, out _)++;
            foreach (var turn in conversation.Turns)
            {
                if (turn.After.Count > 0)
                {
                    _pauses.Add(turn.DelaySeconds);
                }

                Add(turn);
            }
        }

        /// <summary>What was counted; null when there was no conversation.</summary>
        public ConversationStatistics? ToStatistics()
        {
            if (_conversations == 0)
            {
                return null;
            }

            _pauses.Sort();
            return new ConversationStatistics
            {
                Conversations = _conversations,
                Turns = LengthStatistics.Of(_turns),
                PauseMeanSeconds = _pauses.Count > 0 ? _pauses.Average() : null,
                PauseMedianSeconds = Quantile(0.5),
                PauseP90Seconds = Quantile(0.9),
                SaidBeforeShare = (double)_saidTokens / _tokens,
            };
        }

        private void Add(Turn turn)
        {
            var (chain, isSaid) = (0UL, true);
            foreach (var segment in turn.Prompt)
            {
                chain = Next(chain, segment);
                isSaid = !_said.Add(chain) && isSaid;
                _tokens += segment.Tokens;
                _saidTokens += isSaid ? segment.Tokens : 0;
            }

            _said.Add(Next(chain, turn.Output));
        }

        private static ulong Next(ulong chain, PromptSegment segment) =>
            PrefixKeys.Mix(
                PrefixKeys.Mix(chain ^ PrefixKeys.Mix((ulong)segment.ContentId)) + (ulong)segment.Tokens
            );

        private double? Quantile(double probability)
        {
            if (_pauses.Count == 0)
            {
                return null;
            }

            var rank = probability * (_pauses.Count - 1);
            var (lower, upper) = (_pauses[(int)Math.Floor(rank)], _pauses[(int)Math.Ceiling(rank)]);
            return lower + ((rank - Math.Floor(rank)) * (upper - lower));
        }
    }
}
