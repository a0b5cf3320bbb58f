using LlmSim.Experiments;
using LlmSim.Metrics;

namespace LlmSim.Cli.Output;

/// <content>Lines of what only some engines have.</content>
internal static partial class SummaryReport
{
    private static void WriteParts(TextWriter writer, RunSummary s)
    {
        if (s.Encoder is { } encoder)
        {
            var apart =
                encoder.EncodeSeconds.Count == 0
                    ? ""
                    : $"; encode instances: wait {Figures.Number(encoder.EncodeQueueSeconds.Mean)} s, encoding {Figures.Number(encoder.EncodeSeconds.Mean)} s on average";
            var hasOthers = encoder is { Videos: not null } or { Audio: not null };
            string?[] media =
            [
                hasOthers ? Media(encoder.Images, "pictures", encoder.ImageTokens) : null,
                Media(encoder.Videos, "videos", encoder.VideoTokens),
                Media(encoder.Audio, "recordings", encoder.AudioTokens),
            ];
            var what = hasOthers
                ? string.Join(", ", media.OfType<string>())
                : $"{Figures.Count(encoder.Images)} with {Figures.Count(encoder.ImageTokens)} tokens";
            WriteWrapped(
                writer,
                hasOthers ? "Media" : "Pictures",
                $"{what}; {Figures.Count(encoder.Encoded)} encoded, {Figures.Count(encoder.Found)} found{apart}"
            );
        }

        foreach (var tier in s.KvTiers ?? [])
        {
            WriteWrapped(
                writer,
                "KV tier",
                $"{tier.Tier}: {Figures.Count(tier.HitBlocks)} blocks found; {Figures.Number(tier.ReadBytes / 1e9)} GB read, "
                    + $"{Figures.Number(tier.WrittenBytes / 1e9)} GB written; {Figures.Count(tier.Evictions)} block evictions; "
                    + $"at most {Figures.Count(tier.PeakBlocks)} blocks"
            );
        }

        if (s.Speculation is { } drafts)
        {
            Line(
                writer,
                "Drafts",
                $"{Figures.Number(drafts.TokensPerStep)} tokens a request and iteration; "
                    + $"{Figures.Count(drafts.AcceptedTokens)} of {Figures.Count(drafts.DraftTokens)} drafts accepted"
            );
        }

        if (s.Adapters is { Requests: > 0 } adapters)
        {
            WriteWrapped(
                writer,
                "Adapters",
                $"{Figures.Number(adapters.HitPercent)} % of {Figures.Count(adapters.Requests)} requests found theirs; "
                    + $"{Figures.Count(adapters.HostLoads)} loads, {Figures.Count(adapters.StoreLoads)} of them from the store, "
                    + $"in {Figures.Number(adapters.LoadSeconds)} s; {Figures.Number(adapters.MeanWaitSeconds)} s of waiting a request"
            );
        }

        if (s.StructuredOutput is { Requests: > 0 } structured)
        {
            Line(
                writer,
                "Grammars",
                $"{Figures.Count(structured.Compilations)} compiled for {Figures.Count(structured.Requests)} requests; "
                    + $"{Figures.Number(structured.MeanWaitSeconds)} s of waiting a request"
            );
        }
    }

    private static string? Media(long? count, string name, long? tokens) =>
        count > 0 ? $"{Figures.Count(count.Value)} {name} with {Figures.Count(tokens ?? 0)} tokens" : null;
}
