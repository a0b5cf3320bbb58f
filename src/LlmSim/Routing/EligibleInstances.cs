namespace LlmSim.Routing;

/// <summary>
/// Which instances can hold a request. Equal instances give equal answers, so one of each kind is asked; a cluster of one kind
/// costs one question, however large it is.
/// </summary>
internal sealed class EligibleInstances
{
    private readonly Instance[] _all;
    private readonly Instance[] _eligible;
    private readonly Instance[] _examples;
    private readonly int[] _kinds;
    private readonly bool[] _canHold;
    private bool _allAreReady = true;

    public EligibleInstances(IEnumerable<Instance> instances)
    {
        _all = [.. instances];
        _eligible = new Instance[_all.Length];
        var kinds = new Dictionary<object, int>();
        var examples = new List<Instance>();
        _kinds = new int[_all.Length];
        for (var i = 0; i < _all.Length; i++)
        {
            var instance = _all[i];
            var kind = (
                instance.GetType(),
                instance.Spec,
                instance.Performance,
                instance.KvCapacityBytes,
                instance.HoldingKind
            );
            if (!kinds.TryGetValue(kind, out _kinds[i]))
            {
                _kinds[i] = kinds.Count;
                kinds.Add(kind, kinds.Count);
                examples.Add(instance);
            }
        }

        _examples = [.. examples];
        _canHold = new bool[_examples.Length];
    }

    /// <summary>Whether any instance could ever hold the request.</summary>
    public bool Any(Request request)
    {
        foreach (var example in _examples)
        {
            if (CanServe(example, request))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether any instance has the request's model.</summary>
    public bool HasModel(Request request)
    {
        foreach (var example in _examples)
        {
            if (example.Spec.Model == request.Model)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>One of them has become ready, or is ready no more.</summary>
    public void OnReadinessChanged() => _allAreReady = Array.TrueForAll(_all, instance => instance.IsReady);

    /// <summary>Whether one is ready that could hold the request.</summary>
    public bool AnyReady(Request request) => _allAreReady || For(request).Length > 0;

    /// <summary>All of them, whatever they can hold.</summary>
    public Instance[] All => _all;

    /// <summary>Whether an instance has the request's model, and could hold it.</summary>
    private static bool CanServe(Instance instance, Request request) =>
        instance.Spec.Model == request.Model && instance.CanEverHold(request);

    /// <summary>Those that are ready and can, in their order. Valid until the next call.</summary>
    public ReadOnlySpan<Instance> For(Request request)
    {
        var canAll = true;
        for (var kind = 0; kind < _examples.Length; kind++)
        {
            _canHold[kind] = CanServe(_examples[kind], request);
            canAll &= _canHold[kind];
        }

        if (canAll && _allAreReady)
        {
            return _all;
        }

        var count = 0;
        for (var i = 0; i < _all.Length; i++)
        {
            if (_canHold[_kinds[i]] && _all[i].IsReady)
            {
                _eligible[count++] = _all[i];
            }
        }

        return _eligible.AsSpan(0, count);
    }
}
