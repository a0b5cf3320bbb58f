using LlmSim.Experiments.Extensions;

namespace LlmSim.Experiments.Sweeps;

/// <summary>The performance models of a sweep that are the user's own: each file is compiled and loaded once.</summary>
internal sealed class OwnPerformanceStore
{
    private readonly Dictionary<string, OwnPerformance> _models = new(StringComparer.Ordinal);

    /// <summary>The model that <c>mine:…</c> names.</summary>
    /// <exception cref="UserErrorException">There is none, or its file is wrong.</exception>
    public OwnPerformance Get(string text)
    {
        if (!_models.TryGetValue(text, out var model))
        {
            model = OwnPerformanceFiles.Load(text);
            _models.Add(text, model);
        }

        return model;
    }

    /// <summary>What identifies a model of the user's own.</summary>
    public static InputFingerprint Fingerprint(OwnPerformance model) =>
        new($"performance model {model.Name}", model.Hash);
}
