using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Performance.Roofline;

namespace LlmSim.Cli.Output;

/// <summary>A roofline table for people.</summary>
internal static class RooflineReport
{
    public static string Text(
        RooflineTable table,
        string tier,
        string precision,
        IReadOnlyList<string> notices,
        bool isStyled
    )
    {
        var text = TextTable.Create(
            "Operation",
            ">runs",
            ">ops",
            ">weights",
            ">act in",
            ">act out",
            ">KV in",
            ">KV out",
            ">network",
            ">ops/byte",
            "bound",
            ">time",
            ">share"
        );
        foreach (var o in table.Operations)
        {
            text.Add(
                o.Name,
                Figures.Count(o.Runs),
                Figures.Si(o.Ops),
                Figures.Si(o.WeightBytes),
                Figures.Si(o.ActivationInBytes),
                Figures.Si(o.ActivationOutBytes),
                Figures.Si(o.KvInBytes),
                Figures.Si(o.KvOutBytes),
                Figures.Si(o.NetworkBytes),
                Figures.Number(o.ArithmeticIntensity),
                RooflineWriter.BoundName(o.Bound),
                Figures.Duration(o.Seconds),
                Figures.Percent(o.Share)
            );
        }

        text.Add(
            "iteration",
            "",
            Figures.Si(table.Ops),
            Figures.Si(table.WeightBytes),
            Figures.Si(table.ActivationInBytes),
            Figures.Si(table.ActivationOutBytes),
            Figures.Si(table.KvInBytes),
            Figures.Si(table.KvOutBytes),
            Figures.Si(table.NetworkBytes),
            Figures.Number(table.Ops / table.MemoryAccessBytes),
            "",
            Figures.Duration(table.Seconds),
            Figures.Percent(1)
        );
        var memory = table.Memory;
        return TextTable.Render(text, isStyled)
            + "\nOf one accelerator, in bytes and one run of each operation; the last row is the whole iteration.\n"
            + $"Memory: weights {Figures.Si(memory.WeightBytes)}B + KV cache {Figures.Si(memory.KvCacheBytes)}B + "
            + $"activations {Figures.Si(memory.TemporaryActivationBytes)}B = {Figures.Si(memory.Bytes)}B\n"
            + $"Times: {tier}\n"
            + $"Precision: {TerminalText.Escape(precision, limit: 1_000)}\n"
            + string.Concat(
                notices.Select(notice => $"Notice: {TerminalText.Escape(notice, limit: 1_000)}\n")
            );
    }
}
