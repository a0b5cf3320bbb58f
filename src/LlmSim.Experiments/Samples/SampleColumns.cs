using System.Globalization;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Experiments.Samples;

/// <summary>The columns of the sample files: the reference's, then ours.</summary>
internal static class SampleColumns
{
    public static IReadOnlyList<SampleColumn> QueueStates { get; } =
    [
        .. Identity,
        new TextColumn("queued_ids", s => List(s.Queue, queued => queued.Id)),
        new TextColumn("queued_input_lengths", s => List(s.Queue, queued => queued.InputTokens)),
        new TextColumn(
            "queued_seconds_to_ttft_deadline",
            s => List(s.Queue, queued => queued.SecondsToTtftDeadline)
        ),
        new NumberColumn<int>("queue_length", s => s.QueuedRequests),
        new NumberColumn<int>("running_requests", s => s.RunningRequests),
    ];

    public static IReadOnlyList<SampleColumn> MemoryUsage { get; } =
    [
        .. Identity,
        new NumberColumn<double>("memory_usage", s => (double)s.HeldKvBytes / s.KvCapacityBytes),
        new NumberColumn<long>("kv_bytes", s => s.HeldKvBytes),
        new NumberColumn<long>("kv_capacity_bytes", s => s.KvCapacityBytes),
    ];

    private static IReadOnlyList<SampleColumn> Identity =>
        [
            new NumberColumn<double>("timestamp", s => s.Time.Seconds),
            new NumberColumn<int>("instance_id", s => s.Index),
            new TextColumn("instance_group", s => s.Stage),
        ];

    private static string? List<T>(IReadOnlyList<QueuedRequest>? queue, Func<QueuedRequest, T> value)
        where T : IFormattable =>
        queue is null
            ? null
            : string.Join(
                ' ',
                queue.Select(queued => value(queued).ToString(null, CultureInfo.InvariantCulture))
            );
}
