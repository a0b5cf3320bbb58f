using LlmSim.Memory;
using LlmSim.Performance;

namespace LlmSim.Requests;

/// <summary>A model of a cluster, and what is known of its requests.</summary>
/// <param name="Served">The model.</param>
/// <param name="KvFootprint">KV bytes of a request.</param>
internal sealed record ModelInUse(ServedModel Served, KvFootprint KvFootprint)
{
    public string Name => Served.Name;

    /// <summary>Its requests so far.</summary>
    public LoadCounts Counts { get; set; }

    /// <summary>What is expected of its outputs.</summary>
    public OutputEstimate OutputEstimate { get; } = new();
}

/// <summary>The models of a cluster by the names that requests and instances have for them: null for the cluster's own.</summary>
internal sealed class ModelsInUse
{
    private readonly ModelInUse _own;
    private readonly Dictionary<string, ModelInUse> _others;

    /// <summary>What requests may say: a name, or the part after its slash where only one model has that.</summary>
    private readonly Dictionary<string, string> _meanings = new(StringComparer.Ordinal);

    /// <summary>The models of a cluster.</summary>
    /// <param name="models">The cluster's own, then the others.</param>
    /// <param name="semantics">Says what a token takes.</param>
    public ModelsInUse(IEnumerable<ServedModel> models, Semantics semantics)
    {
        ModelInUse[] all =
        [
            .. models.Select(served => new ModelInUse(
                served,
                KvCapacity.Footprint(served.Model, served.Precision, semantics)
            )),
        ];
        _own = all[0];
        _others = all.Skip(1).ToDictionary(model => model.Name, StringComparer.Ordinal);
        foreach (var names in all.GroupBy(model => ShortName(model.Name)).Where(names => names.Count() == 1))
        {
            _meanings[names.Key] = names.First().Name;
        }

        foreach (var model in all)
        {
            _meanings[model.Name] = model.Name;
        }
    }

    /// <summary>The model of a name that is null or that an instance has.</summary>
    public ModelInUse this[string? name] => name is null ? _own : _others[name];

    /// <summary>The model of a request; null where the cluster has none of that name.</summary>
    public ModelInUse? Find(string? name) => name is null ? _own : _others.GetValueOrDefault(name);

    /// <summary>The model that a request means: null for the cluster's own, and what the request says where there is none.</summary>
    public string? Meant(string? name) =>
        name is null ? null
        : !_meanings.TryGetValue(name, out var model) ? name
        : model == _own.Name ? null
        : model;

    /// <summary>The part of a name after its slash.</summary>
    public static string ShortName(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
