using LlmSim.Kernel;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <summary>A column of the per-request results: its name, and its value for a request.</summary>
internal abstract record RequestColumn(string Name);

/// <summary>Whole numbers; null where undefined.</summary>
internal sealed record IntegerColumn(string Name, Func<RequestRecord, long?> Value) : RequestColumn(Name);

/// <summary>Seconds; null where undefined.</summary>
internal sealed record SecondsColumn(string Name, Func<RequestRecord, double?> Value) : RequestColumn(Name);

/// <summary>Yes or no; null where undefined.</summary>
internal sealed record FlagColumn(string Name, Func<RequestRecord, bool?> Value) : RequestColumn(Name);

/// <summary>Text; null where undefined.</summary>
internal sealed record TextColumn(string Name, Func<RequestRecord, string?> Value) : RequestColumn(Name);

/// <summary>The columns of the per-request results, the same in CSV and Parquet: the reference's, then ours.</summary>
internal static class RequestColumns
{
    /// <summary>The columns of a run.</summary>
    /// <param name="ttftSloSeconds">The TTFT SLO of requests that have none of their own.</param>
    /// <param name="tpotSloSeconds">The TPOT SLO of those.</param>
    /// <param name="ownModel">The model of requests that name none; null where all are of one.</param>
    /// <param name="hasImages">Whether requests may have pictures or other media.</param>
    /// <param name="hasVideos">Whether they may have videos.</param>
    /// <param name="hasAudio">Whether they may have sound.</param>
    public static IReadOnlyList<RequestColumn> For(
        double ttftSloSeconds,
        double tpotSloSeconds,
        string? ownModel = null,
        bool hasImages = false,
        bool hasVideos = false,
        bool hasAudio = false
    ) =>
        [
            new IntegerColumn("id", r => r.Id),
            new SecondsColumn("arrival", r => r.Arrival.Seconds),
            new IntegerColumn("input_length", r => r.InputTokens),
            new IntegerColumn("output_length", r => r.OutputTokens),
            new IntegerColumn("prefill_instance", r => r.IsRejected ? null : r.PrefillInstance),
            new SecondsColumn("prefill_start", r => Served(r, r.PrefillStart)),
            new SecondsColumn("prefill_finish", r => Served(r, r.PrefillFinish)),
            new SecondsColumn("ttft", r => Defined(r.TtftSeconds)),
            new SecondsColumn("kv_transfer_finish", r => Decoded(r, r.TransferFinish)),
            new IntegerColumn("decode_instance", r => r.DecodeInstance < 0 ? null : r.DecodeInstance),
            new SecondsColumn("decode_start", r => Decoded(r, r.DecodeStart)),
            new SecondsColumn("decode_finish", r => Decoded(r, r.Finish)),
            new SecondsColumn("tpot", r => Defined(r.TpotSeconds)),
            new IntegerColumn("evictions", r => r.Evictions),
            new IntegerColumn("trace_input_length", r => r.TraceInputTokens),
            new IntegerColumn("trace_output_length", r => r.TraceOutputTokens),
            new SecondsColumn("prefill_queue", r => Defined(r.PrefillQueueSeconds)),
            new SecondsColumn("kv_transfer", r => Defined(r.TransferSeconds)),
            new SecondsColumn("decode_queue", r => Defined(r.DecodeQueueSeconds)),
            new SecondsColumn("first_decode_start", r => Decoded(r, r.FirstDecodeStart)),
            new SecondsColumn("recompute", r => Decoded(r, r.Recompute)),
            new SecondsColumn("finish", r => Served(r, r.Finish)),
            new SecondsColumn("e2e", r => Defined(r.EndToEndSeconds)),
            new FlagColumn("ttft_met", r => Met(r.TtftSeconds, r.Origin?.TtftSloSeconds ?? ttftSloSeconds)),
            new FlagColumn("tpot_met", r => Met(r.TpotSeconds, r.Origin?.TpotSloSeconds ?? tpotSloSeconds)),
            new TextColumn("rejection_reason", r => r.RejectionReason),
            new TextColumn("outcome", r => Outcomes.Name(r.Outcome)),
            new TextColumn("class", r => r.Origin?.Class),
            new TextColumn("tenant", r => r.Origin?.Tenant),
            new IntegerColumn("priority", r => r.Origin?.Priority),
            new IntegerColumn("attempts", r => r.Attempts),
            new IntegerColumn("failovers", r => r.Failovers),
            new IntegerColumn("conversation", r => r.ConversationId),
            new IntegerColumn("turn", r => r.ConversationId is null ? null : r.Turn),
            .. ownModel is null
                ? Array.Empty<RequestColumn>()
                : [new TextColumn("served_model", r => r.Model ?? ownModel)],
            .. hasImages
                ?
                [
                    new IntegerColumn("images", r => r.Images),
                    new IntegerColumn("image_tokens", r => r.ImageTokens),
                    .. hasVideos
                        ?
                        [
                            new IntegerColumn("videos", r => r.Videos.Count),
                            new IntegerColumn("video_tokens", r => r.Videos.Tokens),
                        ]
                        : Array.Empty<RequestColumn>(),
                    .. hasAudio
                        ?
                        [
                            new IntegerColumn("audio", r => r.Audio.Count),
                            new IntegerColumn("audio_tokens", r => r.Audio.Tokens),
                        ]
                        : Array.Empty<RequestColumn>(),
                    new SecondsColumn("encode_start", r => r.EncodeStart?.Seconds),
                    new SecondsColumn(
                        "encode_finish",
                        r => r.EncodeStart is null ? null : r.EncodeFinish.Seconds
                    ),
                ]
                : Array.Empty<RequestColumn>(),
        ];

    private static double? Defined(double seconds) => double.IsNaN(seconds) ? null : seconds;

    private static double? Served(in RequestRecord r, SimTime time) => r.IsRejected ? null : time.Seconds;

    private static double? Decoded(in RequestRecord r, SimTime time) =>
        r.DecodeInstance < 0 ? null : time.Seconds;

    private static bool? Met(double seconds, double sloSeconds) =>
        double.IsNaN(seconds) ? null : seconds < sloSeconds;
}
