using System.Globalization;

namespace LlmSim.Experiments.Planning;

/// <summary>The candidates of an answer as CSV.</summary>
internal static class PlanTable
{
    /// <summary>One row a candidate, the best first.</summary>
    public static string Csv(PlanAnswer answer)
    {
        using var stream = new MemoryStream();
        using (var writer = Results.Csv.Writer(stream))
        {
            for (var i = 0; i < answer.Rows.Count; i++)
            {
                Write(writer, i, answer.Rows[i]);
            }
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void Write(nietras.SeparatedValues.SepWriter writer, int index, PlanRow row)
    {
        using var line = writer.NewRow();
        var (layout, decode, size) = (
            row.Candidate.Shape.Layout,
            row.Candidate.Shape.DecodeLayout,
            row.Candidate.Size
        );
        var configuration = row.Judgement.Results[0].Configuration;
        line["rank"].Format(index + 1);
        line["name"].Set(row.Candidate.Name);
        line["hardware"].Set(layout.Hardware.Name);
        line["tp_size"].Format(layout.TpSize);
        line["attention_dp"].Format(layout.AttentionDp);
        line["expert_parallel"].Format(layout.ExpertParallel);
        line["decode_hardware"].Set(decode?.Hardware.Name ?? "");
        line["decode_tp_size"].Set(Text(decode?.TpSize));
        line["decode_attention_dp"].Set(Text(decode?.AttentionDp));
        line["decode_expert_parallel"].Set(Text(decode?.ExpertParallel));
        line["precision"].Set(configuration.Precision.Format);
        line["prefill_global"].Set(configuration.PrefillGlobal);
        line["prefill_local"].Set(configuration.PrefillLocal);
        line["decode_global"].Set(configuration.DecodeGlobal);
        line["decode_local"].Set(configuration.DecodeLocal);
        line["mixed"].Format(size.Mixed);
        line["prefill"].Format(size.Prefill);
        line["decode"].Format(size.Decode);
        line["accelerators"].Format(row.Candidate.Accelerators);
        line["requests_per_second"].Set(Text(row.Rate));
        line["goodput_requests_per_second"].Set(Text(row.Goodput?.Mean));
        line["cost_per_hour"].Set(Text(row.CostPerHour));
        line["cost_per_million_tokens"].Set(Text(row.CostPerMillionTokens));
        line["cost_per_million_output_tokens"].Set(Text(row.CostPerMillionOutputTokens));
        line["joules_per_token"].Set(Text(row.JoulesPerToken));
        line["goodput_per_accelerator"].Set(Text(row.GoodputPerAccelerator));
        line["output_tokens_per_second_per_accelerator"].Set(Text(row.TokensPerSecondPerAccelerator));
        line["tokens_per_second_per_user"].Set(Text(row.TokensPerSecondPerUser));
        line["utilization"].Set(Text(row.Utilization));
        line["tier"].Set(row.Tier);
        line["confidence"].Set(row.Confidence);
        line["replications"].Format(row.Judgement.Results.Count);
        foreach (var term in row.Judgement.Terms)
        {
            line[term.Slo.Figure.Name].Set(Text(term.Estimate.Mean));
            line[$"{term.Slo.Figure.Name}_ci95_low"].Set(Text(term.Estimate.Low));
            line[$"{term.Slo.Figure.Name}_ci95_high"].Set(Text(term.Estimate.High));
        }
    }

    private static string Text(double? value) =>
        value is { } number && double.IsFinite(number) ? number.ToString(CultureInfo.InvariantCulture) : "";
}
