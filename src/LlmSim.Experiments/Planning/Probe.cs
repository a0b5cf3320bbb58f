namespace LlmSim.Experiments.Planning;

/// <summary>How much a simulation has to tell.</summary>
internal enum ProbeLevel
{
    /// <summary>One request at a time: what no number of instances improves.</summary>
    Idle,

    /// <summary>One short run, which places a candidate.</summary>
    Short,

    /// <summary>Several long ones, until the SLOs are outside the intervals or the most seeds are reached.</summary>
    Full,
}

/// <summary>What to simulate.</summary>
/// <param name="Candidate">The cluster.</param>
/// <param name="Rate">Requests a second; null for those of the question.</param>
/// <param name="Level">How long.</param>
internal readonly record struct Probe(Candidate Candidate, double? Rate, ProbeLevel Level);
