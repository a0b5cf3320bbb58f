using System.Globalization;
using LlmSim.Experiments.Slos;

namespace LlmSim.Experiments.Planning;

/// <summary>Figures of a plan in words.</summary>
internal static class PlanText
{
    /// <summary>A value of a figure with its unit.</summary>
    public static string Figure(SloFigure figure, double value) =>
        (figure.Quantity, figure.Time) switch
        {
            _ when double.IsNaN(value) => "not defined",
            (SloQuantity.Time, "tpot" or "itl") => Digits(1000 * value) + " ms",
            (SloQuantity.Time, _) => Digits(value) + " s",
            (SloQuantity.Share, _) => Digits(value) + " %",
            _ => Digits(value) + " /s",
        };

    /// <summary>What a question is for, with its unit.</summary>
    public static string Objective(PlanQuestion question, double value) =>
        question.Objective switch
        {
            PlanObjective.Cost => $"${Digits(value)}/h",
            PlanObjective.Rate or PlanObjective.Goodput => $"{Digits(value)}/s",
            PlanObjective.Latency => Figure(question.Slos[0].Figure, value),
            _ => FormattableString.Invariant($"{value} GPUs"),
        };

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
