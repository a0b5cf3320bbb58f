using System.Globalization;

namespace LlmSim.Experiments.Planning;

/// <summary>An answer in one sentence.</summary>
internal static class PlanVerdict
{
    public static string Of(PlanAnswer answer) =>
        answer.Rows is [var best, ..] ? Of(answer.Question, best) : OfNone(answer);

    private static string Of(PlanQuestion question, PlanRow row)
    {
        var slos = string.Join(
            ", ",
            question.Objective == PlanObjective.Goodput
                ? [.. Deadlines(question), .. question.Required.Select(slo => slo.ToString())]
                : question.Slos.Select(slo => slo.ToString())
        );
        var what = question.Objective switch
        {
            PlanObjective.Rate =>
                $"carries {PlanText.Digits(row.Rate ?? double.NaN)} requests/s within {slos}, more than any other of up to {question.MaxAccelerators} accelerators",
            PlanObjective.Goodput =>
                $"serves {PlanText.Digits(row.Objective)} requests/s within {slos}, {PlanText.Digits(row.AttainmentPercent)} % of those that come, more than any other of up to {question.MaxAccelerators} accelerators",
            PlanObjective.Latency => $"has the lowest {question.Slos[0].Figure.Name} within {slos}",
            PlanObjective.Cost => $"costs the least that meets {slos}",
            _ => $"needs the fewest accelerators to meet {slos}",
        };
        var figures = string.Join(
            ", ",
            row.Judgement.Terms.Select(term =>
                $"{term.Slo.Figure.Name} {PlanText.Figure(term.Slo.Figure, term.Estimate.Mean)}"
            )
        );
        var cost = row.CostPerHour is { } dollars
            ? string.Create(CultureInfo.InvariantCulture, $", ${dollars:N2} an hour")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Candidate.Words} ({row.Candidate.Accelerators} accelerators{cost}) {what}: predicted {figures}; it {row.Confidence}."
        );
    }

    /// <summary>What each request is held to.</summary>
    private static IEnumerable<string> Deadlines(PlanQuestion question) =>
        question
            .Slos.Where(PlanQuestion.IsDeadline)
            .Select(slo =>
                $"{slo.Figure.Time} {PlanText.Figure(slo.Figure, slo.Figure.Time == "ttft" ? question.Base.TtftSloSeconds : question.Base.TpotSloSeconds)}"
            )
            .Distinct();

    private static string OfNone(PlanAnswer answer) =>
        answer.Nearest is { } nearest
            ? $"Nothing meets {string.Join(", ", answer.Question.Slos)} with up to {answer.Question.MaxAccelerators} accelerators. The nearest is {nearest.Probe.Candidate.Words}: {nearest.Reason}."
            : $"Nothing meets {string.Join(", ", answer.Question.Slos)}: {answer.Searches.Select(search => search.Dropped).OfType<string>().FirstOrDefault() ?? "there is nothing to choose from"}.";
}
