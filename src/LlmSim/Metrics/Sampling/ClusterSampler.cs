using LlmSim.Kernel;

namespace LlmSim.Metrics.Sampling;

/// <summary>Samples the instances of a cluster at fixed instants, and at random after events. It only looks on.</summary>
internal sealed class ClusterSampler : ISimulationObserver
{
    /// <summary>Whole seconds of the clock.</summary>
    private const double LastSeconds = 9.2e9;

    private readonly SamplingPlan _plan;
    private readonly (string Stage, Instance Instance)[] _instances;
    private readonly Func<SimTime> _now;
    private readonly RandomStream _random;
    private readonly List<Request> _queue = [];
    private SimTime _interval;
    private int _instants;

    public ClusterSampler(
        SamplingPlan plan,
        long seed,
        IEnumerable<(string Stage, Instance Instance)> instances,
        Func<SimTime> now
    )
    {
        _plan = plan;
        _instances = [.. instances];
        _now = now;
        _random = new RandomStream(seed, "samples");
        NextInstant = SimTime.MaxValue;
        if (plan.IntervalSeconds is { } seconds)
        {
            // With an interval beyond the end of the clock only the first instant is sampled.
            _interval = seconds < LastSeconds ? SimTime.FromSeconds(seconds) : SimTime.MaxValue;
            ArgumentOutOfRangeException.ThrowIfLessThan(_interval.Nanoseconds, 1, nameof(plan));
            NextInstant = SimTime.Zero;
        }
    }

    public SimTime NextInstant { get; private set; }

    public void AtInstant()
    {
        Sample(listQueues: false);
        NextInstant = After(NextInstant);
        if (++_instants == _plan.MaxInstants)
        {
            // The instants so far, and the next one, include the multiples of twice the interval.
            _interval = After(_interval);
            _instants /= 2;
        }
    }

    public void AfterEvent()
    {
        if (_plan.EventRate > 0 && _random.NextDouble() < _plan.EventRate)
        {
            Sample(listQueues: true);
        }
    }

    /// <summary>An interval later, or never.</summary>
    private SimTime After(SimTime time) =>
        time <= SimTime.MaxValue - _interval ? time + _interval : SimTime.MaxValue;

    private void Sample(bool listQueues)
    {
        var now = _now();
        foreach (var (stage, instance) in _instances)
        {
            _plan.OnSample(
                new InstanceSample(
                    now,
                    stage,
                    instance.Index,
                    instance.QueuedRequests,
                    instance.RunningRequests,
                    instance.HeldKvBytes,
                    instance.KvCapacityBytes,
                    listQueues ? Queue(instance, now) : null
                )
            );
        }
    }

    private QueuedRequest[] Queue(Instance instance, SimTime now)
    {
        _queue.Clear();
        instance.CopyQueueTo(_queue);
        return
        [
            .. _queue
                .OrderBy(request => request.Queued)
                .ThenBy(request => request.Id)
                .Select(request => new QueuedRequest(
                    request.Id,
                    request.InputTokens,
                    (request.TtftDeadline - now).Seconds
                )),
        ];
    }
}
