using LlmSim.Experiments.Costs;
using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Samples;
using LlmSim.Experiments.Slos;
using LlmSim.Experiments.Steady;

namespace LlmSim.Experiments.Results;

/// <summary>Result files of a run; null for none.</summary>
/// <param name="Requests">Per-request results: CSV or Parquet by extension.</param>
/// <param name="Csv">One row of CSV.</param>
/// <param name="Json">Configuration and summary as JSON.</param>
/// <param name="Samples">Samples of the instances over time.</param>
/// <param name="Plots">Pictures of the run.</param>
/// <param name="Report">A page for people.</param>
/// <param name="Trace">Iterations and requests as trace events.</param>
internal sealed record OutputPaths(
    string? Requests = null,
    string? Csv = null,
    string? Json = null,
    SampleOptions? Samples = null,
    PlotOptions? Plots = null,
    ReportOptions? Report = null,
    PerfettoOptions? Trace = null
)
{
    internal const string RequestsOption = "--requests_output";

    /// <summary>A row of CSV for each class and tenant.</summary>
    internal string? Service { get; init; }

    /// <summary>Whether a second pass over the records has to agree with the summary before anything is written.</summary>
    internal bool Verify { get; init; }

    /// <summary>Whether to say how sure the figures are.</summary>
    internal bool Intervals { get; init; }

    /// <summary>How the length of the run was found; null where it was given.</summary>
    internal PreciseOutcome? Precise { get; init; }

    /// <summary>What costs are counted with.</summary>
    internal CostOptions Costs { get; init; } = CostOptions.Default;

    /// <summary>Limits that each run is compared with.</summary>
    internal SloTerms Required { get; init; } = SloTerms.None;
}
