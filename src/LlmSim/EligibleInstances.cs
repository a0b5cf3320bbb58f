namespace LlmSim;

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

    public EligibleInstances(IEnumerable<Instance> instances)
    {
        _all = [.. instances];
        _eligible = new Instance[_all.Length];
        var kinds = _all.GroupBy(instance =>
                (
                    instance.GetType(),
                    instance.Spec,
                    instance.Performance,
                    instance.KvCapacityBytes,
                    instance.HoldingKind
                )
            )
            .Select(kind => kind.ToArray())
            .ToArray();
        _examples = [.. kinds.Select(kind => kind[0])];
        _kinds = [.. _all.Select(instance => Array.FindIndex(kinds, kind => kind.Contains(instance)))];
        _canHold = new bool[kinds.Length];
    }

    /// <summary>Whether any instance could ever hold the request.</summary>
    public bool Any(Request request)
    {
        foreach (var example in _examples)
        {
            if (example.CanEverHold(request))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Those that can, in their order. Valid until the next call.</summary>
    public ReadOnlySpan<Instance> For(Request request)
    {
        var canAll = true;
        for (var kind = 0; kind < _examples.Length; kind++)
        {
            _canHold[kind] = _examples[kind].CanEverHold(request);
            canAll &= _canHold[kind];
        }

        if (canAll)
        {
            return _all;
        }

        var count = 0;
        for (var i = 0; i < _all.Length; i++)
        {
            if (_canHold[_kinds[i]])
            {
                _eligible[count++] = _all[i];
            }
        }

        return _eligible.AsSpan(0, count);
    }
}
