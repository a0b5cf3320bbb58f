using LlmSim.Experiments.Extensions;
using LlmSim.Performance;
using LlmSim.Testing;

namespace LlmSim.Experiments.Performance;

/// <summary>The contract of performance models, for a source of times on an instance.</summary>
internal static class PerformanceChecks
{
    /// <summary>The clauses, and how each was broken; null where it holds.</summary>
    /// <exception cref="UserErrorException">The source is unknown or has nothing for the instance.</exception>
    public static IEnumerable<(string Clause, string? Failure)> Of(
        RunConfiguration configuration,
        ModelDescription model,
        InstanceSpec instance
    )
    {
        OwnPerformance? own = null;
        var precision = configuration.Precision.Resolve(model);
        var choose = PerformanceSource.Chooser(
            configuration,
            model,
            precision,
            PerformanceFiles.Disk with
            {
                Own = text => own = PerformanceFiles.Disk.Own(text),
            }
        );
        _ = Create();
        foreach (var check in PerformanceContract.Check(Create))
        {
            yield return check;
        }

        if (own is not null)
        {
            var findings = own.Findings();
            yield return (
                "uses no clock, no chance, nothing outside the run",
                findings.Count == 0 ? null : string.Join("; ", findings)
            );
        }

        IPerformanceModel Create() => choose(instance).Model;
    }
}
