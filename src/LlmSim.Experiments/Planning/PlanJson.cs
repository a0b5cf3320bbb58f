using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LlmSim.Experiments.Planning;

/// <summary>An answer as JSON: what was asked, the candidates, and why others are not among them.</summary>
internal static class PlanJson
{
    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Text(PlanAnswer answer) =>
        new JsonObject
        {
            ["version"] = ProductVersion.Text,
            ["verdict"] = PlanVerdict.Of(answer),
            ["model"] = answer.Question.Base.Model,
            ["objective"] = answer.Question.Objective.ToString().ToLowerInvariant(),
            ["slos"] = new JsonArray([.. answer.Question.Slos.Select(slo => (JsonNode)slo.ToString())]),
            ["rows"] = new JsonArray([.. answer.Rows.Select(Row)]),
            ["dropped"] = new JsonArray([
                .. answer
                    .Searches.Where(search => search.Dropped is not null)
                    .Select(search => new JsonObject
                    {
                        ["shape"] = search.Shape.Name,
                        ["reason"] = search.Dropped,
                    }),
            ]),
        }.ToJsonString(s_indented) + "\n";

    private static JsonObject Row(PlanRow row)
    {
        var (layout, decode) = (row.Candidate.Shape.Layout, row.Candidate.Shape.DecodeLayout);
        var configuration = row.Judgement.Results[0].Configuration;
        return new()
        {
            ["name"] = row.Candidate.Name,
            ["hardware"] = layout.Hardware.Name,
            ["tp_size"] = layout.TpSize,
            ["attention_dp"] = layout.AttentionDp,
            ["expert_parallel"] = layout.ExpertParallel,
            ["decode_hardware"] = decode?.Hardware.Name,
            ["decode_tp_size"] = decode?.TpSize,
            ["decode_attention_dp"] = decode?.AttentionDp,
            ["decode_expert_parallel"] = decode?.ExpertParallel,
            ["precision"] = configuration.Precision.Format,
            ["prefill_global"] = configuration.PrefillGlobal,
            ["prefill_local"] = configuration.PrefillLocal,
            ["decode_global"] = configuration.DecodeGlobal,
            ["decode_local"] = configuration.DecodeLocal,
            ["mixed"] = row.Candidate.Size.Mixed,
            ["prefill"] = row.Candidate.Size.Prefill,
            ["decode"] = row.Candidate.Size.Decode,
            ["accelerators"] = row.Candidate.Accelerators,
            ["requests_per_second"] = Number(row.Rate),
            ["goodput_requests_per_second"] = Number(row.Goodput?.Mean),
            ["cost_per_hour"] = Number(row.CostPerHour),
            ["cost_per_million_tokens"] = Number(row.CostPerMillionTokens),
            ["cost_per_million_output_tokens"] = Number(row.CostPerMillionOutputTokens),
            ["joules_per_token"] = Number(row.JoulesPerToken),
            ["goodput_per_accelerator"] = Number(row.GoodputPerAccelerator),
            ["output_tokens_per_second_per_accelerator"] = Number(row.TokensPerSecondPerAccelerator),
            ["tokens_per_second_per_user"] = Number(row.TokensPerSecondPerUser),
            ["utilization"] = Number(row.Utilization),
            ["tier"] = row.Tier,
            ["confidence"] = row.Confidence,
            ["replications"] = row.Judgement.Results.Count,
            ["figures"] = new JsonArray([.. row.Judgement.Terms.Select(Term)]),
        };
    }

    private static JsonNode Term(TermJudgement term) =>
        new JsonObject
        {
            ["slo"] = term.Slo.ToString(),
            ["mean"] = Number(term.Estimate.Mean),
            ["ci95_low"] = Number(term.Estimate.Low),
            ["ci95_high"] = Number(term.Estimate.High),
            ["nine_of_ten_high"] = Number(term.Estimate.Mean * term.UpperRatio),
        };

    private static JsonValue? Number(double? value) =>
        value is { } number && double.IsFinite(number) ? JsonValue.Create(number) : null;
}
