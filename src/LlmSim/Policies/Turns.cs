using System.Runtime.InteropServices;

namespace LlmSim.Policies;

/// <summary>Counters for taking turns, one for each model: requests for one do not move the turns of another.</summary>
internal sealed class Turns
{
    private readonly Dictionary<string, long> _others = new(StringComparer.Ordinal);
    private long _own;

    /// <summary>The counter of a model; null for the model of the cluster.</summary>
    public ref long Of(string? model)
    {
        if (model is null)
        {
            return ref _own;
        }

        return ref CollectionsMarshal.GetValueRefOrAddDefault(_others, model, out _)!;
    }
}
