using System.Collections.Concurrent;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Performance.Measured;

namespace LlmSim.Experiments.Validation.Serving;

/// <summary>What all cases are simulated with; used by several threads.</summary>
/// <param name="performance">Where the times of iterations come from, as <c>--performance</c> has it.</param>
/// <param name="catalogs">Models and accelerators by name.</param>
internal sealed class CaseContext(string performance, Catalogs catalogs)
{
    private readonly ConcurrentDictionary<string, Lazy<MeasuredProfile>> _profiles = new(
        StringComparer.Ordinal
    );

    public string Performance => performance;

    public Catalogs Catalogs => catalogs;

    /// <summary>The measured profile of a folder, read once.</summary>
    public MeasuredProfile Profile(string folder) =>
        _profiles.GetOrAdd(folder, path => new Lazy<MeasuredProfile>(() => ProfileFolder.Load(path))).Value;
}
