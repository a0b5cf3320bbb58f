using LlmSim.Experiments.Performance;

namespace LlmSim.Experiments;

/// <summary>The times that the command takes by default, for scenarios of a program's own.</summary>
public static class BestPerformance
{
    /// <summary>
    /// A scenario with the best times that there are for each of its accelerators: measured kernels, else transferred ones, else what the
    /// accelerator was found to reach of its roofline, else the roofline, which is a bound. docs/validation.md has their errors.
    /// </summary>
    /// <param name="scenario">The scenario.</param>
    public static Scenario WithBestPerformance(this Scenario scenario)
    {
        var configuration = new RunConfiguration
        {
            Performance = PerformanceSource.DefaultOf(scenario.Semantics),
            Semantics = scenario.Semantics,
        };
        var choose = PerformanceSource.ChooserOfAll(configuration, scenario.Models, PerformanceFiles.Disk);
        return scenario with { PerformanceModelFactory = PerformanceSource.Factory(configuration, choose) };
    }
}
