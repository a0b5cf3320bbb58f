using LlmSim.Metrics;

namespace LlmSim.Experiments.Slos;

/// <summary>Limits that a run has to keep, all of them.</summary>
/// <param name="Terms">In the order in which they were given, each once.</param>
internal sealed record SloTerms(IReadOnlyList<SloTerm> Terms)
{
    /// <summary>No limits.</summary>
    public static SloTerms None { get; } = new([]);

    /// <summary>Reads <c>ttft_p99&lt;1s, tpot_p99&lt;50ms</c>.</summary>
    /// <param name="text">The limits, with commas between them.</param>
    /// <param name="option">The option that has them, for messages: <c>--require</c>.</param>
    /// <exception cref="UserErrorException">
    /// Something in it is not understood, can never be met, or contradicts the rest; the message says where and what is allowed.
    /// </exception>
    public static SloTerms Parse(string text, string option) => Parse([text], option);

    /// <summary>The same from an option that may be given more than once.</summary>
    public static SloTerms Parse(IEnumerable<string> texts, string option)
    {
        var terms = texts.SelectMany(text => new SloReader(text, option).ReadTerms()).Distinct().ToArray();
        RequireConsistent(terms, option);
        return new SloTerms(terms);
    }

    /// <summary>Whether a run keeps all of them.</summary>
    public bool AreMet(RunSummary summary) => Terms.All(term => term.IsMet(summary));

    /// <summary>How a run compares with each.</summary>
    public IReadOnlyList<Requirement> Check(RunSummary summary) =>
        [.. Terms.Select(term => Requirement.Of(term, summary))];

    /// <summary>As they may be written.</summary>
    public override string ToString() => string.Join(", ", Terms);

    private static void RequireConsistent(IReadOnlyList<SloTerm> terms, string option)
    {
        foreach (var lower in terms.Where(term => !term.IsUpper))
        {
            foreach (var upper in terms.Where(term => term.IsUpper))
            {
                if (!lower.Figure.IsNeverAbove(upper.Figure))
                {
                    continue;
                }

                if (
                    lower.Limit > upper.Limit
                    || (lower.Limit == upper.Limit && (lower.IsStrict || upper.IsStrict))
                )
                {
                    var why =
                        lower.Figure == upper.Figure
                            ? ""
                            : $": {lower.Figure.Name} is never above {upper.Figure.Name}";
                    throw new UserErrorException(
                        $"{option}: {lower} and {upper} contradict each other{why}; allowed: limits that one run can keep"
                    );
                }
            }
        }
    }
}

/// <summary>A limit, and how a run compares with it.</summary>
/// <param name="Term">The limit as it may be written.</param>
/// <param name="Figure">The figure.</param>
/// <param name="Limit">In seconds, per cent or per second.</param>
/// <param name="Value">The run's, in the same unit; NaN where it has none.</param>
/// <param name="IsMet">Whether the run keeps the limit.</param>
internal sealed record Requirement(string Term, string Figure, double Limit, double Value, bool IsMet)
{
    /// <summary>Compares.</summary>
    public static Requirement Of(SloTerm term, RunSummary summary) =>
        new(term.ToString(), term.Figure.Name, term.Value, term.ValueOf(summary), term.IsMet(summary));
}
