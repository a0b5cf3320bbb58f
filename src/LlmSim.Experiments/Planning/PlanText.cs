using System.Globalization;

namespace LlmSim.Experiments.Planning;

/// <summary>Figures of a plan in words.</summary>
internal static class PlanText
{
    /// <summary>A figure of an SLO with its unit.</summary>
    public static string Figure(string figure, double value)
    {
        if (double.IsNaN(value))
        {
            return "not defined";
        }

        return figure.Split('_')[0] switch
        {
            "ttft" or "e2e" => Digits(value) + " s",
            "tpot" or "itl" => Digits(1000 * value) + " ms",
            _ => Digits(value),
        };
    }

    /// <summary>Three digits that count.</summary>
    public static string Digits(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return value.ToString(CultureInfo.InvariantCulture);
        }

        var decimals = Math.Clamp(2 - (int)Math.Floor(Math.Log10(Math.Abs(value))), 0, 6);
        return value.ToString($"N{decimals}", CultureInfo.InvariantCulture);
    }
}
