namespace LlmSim.Experiments.Slos;

/// <summary>When a run may end before its last request: the SLOs that it is judged by, and how.</summary>
/// <param name="Terms">The SLOs.</param>
/// <param name="Requests">Most requests of the run.</param>
/// <param name="Runs">Runs whose mean is judged: one alone decides it where the others could be zero.</param>
internal sealed record MissRule(IReadOnlyList<WatchedTerm> Terms, int Requests, int Runs)
{
    /// <summary>Which of the SLOs one is, from 0; null for none.</summary>
    public int? IndexOf(SloTerm? slo)
    {
        var index = Terms.ToList().FindIndex(term => term.Slo == slo);
        return index < 0 ? null : index;
    }
}

/// <summary>An SLO that is watched.</summary>
/// <param name="Slo">The SLO.</param>
/// <param name="Factor">How far beyond its limit a value may be that meets it, at least 1.</param>
internal readonly record struct WatchedTerm(SloTerm Slo, double Factor);
