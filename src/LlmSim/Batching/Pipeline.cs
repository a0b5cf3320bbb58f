using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// The clock of an instance whose layers are divided over stages. As many micro-batches as stages are under way, each in another stage; they pass the stages in
/// the order in which they began. When the first stage is free, the next one is planned of the requests that are not under way.
/// </summary>
internal sealed class Pipeline : IterationClock
{
    private readonly Simulation _simulation;
    private readonly EventTimer _next;
    private readonly PipelineTime _times;

    /// <summary>When each stage has done what was sent to it.</summary>
    private readonly SimTime[] _free;

    private readonly Queue<MicroBatch> _underWay = new();
    private readonly List<MicroBatch> _ready = [];
    private readonly List<BatchedInstance> _members = [];

    /// <summary>Somebody came while an iteration was planned.</summary>
    private bool _isInterrupted;

    /// <summary>A pipeline.</summary>
    /// <param name="simulation">The clock of the simulation.</param>
    /// <param name="rank">Rank of its events.</param>
    /// <param name="times">Times of its stages.</param>
    public Pipeline(Simulation simulation, EventRank rank, PipelineTime times)
    {
        _simulation = simulation;
        _next = simulation.CreateTimer(rank, Advance);
        _times = times;
        _free = new SimTime[times.Stages];
    }

    public override IReadOnlyList<BatchedInstance> Members => _members;

    /// <summary>Who has come is looked at when an iteration begins.</summary>
    public override SimTime LastBegin => _simulation.Now;

    /// <summary>Who comes at the instant at which one has begun may join the next.</summary>
    public override bool HasBegunNow => false;

    /// <summary>Seconds in which stages have computed, all together.</summary>
    public double StageSeconds { get; private set; }

    private BatchedInstance Instance => _members[0];

    private bool MayBegin => _ready.Count > 0 && _free[0] <= _simulation.Now;

    public override IterationPlan[] Add(BatchedInstance member)
    {
        Invariant.Require(_members.Count == 0, $"{member} was added to the pipeline of {this}");
        _members.Add(member);
        return [.. _free.Select(_ => new IterationPlan())];
    }

    /// <summary>Its micro-batches, when they are there.</summary>
    public void Start(ReadOnlySpan<MicroBatch> batches) => _ready.AddRange(batches);

    public override void Interrupt(int plannedAhead = 0)
    {
        _isInterrupted = true;
        if (MayBegin)
        {
            _next.Set(_simulation.Now);
        }
    }

    public override void Fail()
    {
        Instance.LoseAll();
        _next.Cancel();
        foreach (var batch in _underWay)
        {
            batch.Times.Complete();
            batch.Times.Rest();
            _ready.Add(batch);
        }

        _underWay.Clear();
        Array.Fill(_free, _simulation.Now);
    }

    public override string ToString() => string.Join(" + ", _members);

    /// <summary>A micro-batch has left the last stage, the first stage is free, or somebody has come.</summary>
    private void Advance()
    {
        while (_underWay.TryPeek(out var first) && first.Times.End == _simulation.Now)
        {
            _underWay.Dequeue();
            Instance.Use(first);
            Instance.Complete();
            _ready.Add(first);
        }

        _isInterrupted = false;
        while (MayBegin && TryBegin()) { }

        if (MayBegin && _isInterrupted)
        {
            _next.Set(_simulation.Now);
        }
        else if (_underWay.TryPeek(out var oldest))
        {
            // The first stage is free before what is in it has left the last one.
            var mayBegin = _ready.Count > 0 && _free[0] > _simulation.Now && _free[0] < oldest.Times.End;
            _next.Set(mayBegin ? _free[0] : oldest.Times.End);
        }
    }

    /// <summary>Plans the next micro-batch, as an engine does that plans whatever is not under way: those that have requests go on first.</summary>
    private bool TryBegin()
    {
        for (var i = 0; i < _ready.Count; i++)
        {
            if (_ready[i].Requests > 0 && TryBegin(_ready[i]))
            {
                return true;
            }
        }

        return _ready.Find(batch => batch.Requests == 0) is { } empty && TryBegin(empty);
    }

    private bool TryBegin(MicroBatch batch)
    {
        Instance.Use(batch);
        var planned = Instance.Begin();
        if (planned.Tokens > 0)
        {
            Instance.Pad();
            Send(batch);
            _ready.Remove(batch);
            _underWay.Enqueue(batch);
            Instance.OnPlanned(batch.Times.End);
        }

        Instance.HandPromptsOver();
        return planned.Tokens > 0;
    }

    /// <summary>Has a micro-batch pass the stages: each takes it when it has come and what was sent before has been done.</summary>
    private void Send(MicroBatch batch)
    {
        try
        {
            SendThrough(batch);
        }
        catch (ClockRangeException e)
        {
            var longest = Instance.Longest!;
            throw ClockEnd.Error(longest, "the end of its iteration", Instance, e);
        }
    }

    private void SendThrough(MicroBatch batch)
    {
        ref readonly var planned = ref batch.Planned;
        var now = _simulation.Now;
        var beside = planned.PrefillTokens > 0 ? Instance.Spec.Engine!.PrefillIterationSeconds : 0;
        var end = now;
        for (var stage = 0; stage < _free.Length; stage++)
        {
            if (stage > 0)
            {
                end += Instance.SlowedSeconds(_times.TransferSeconds(stage, planned));
            }

            var seconds = _times.StageSeconds(stage, planned) + (stage == 0 ? beside : 0);
            var duration = Instance.SlowedSeconds(seconds);
            StageSeconds += duration.Seconds;
            end = (end > _free[stage] ? end : _free[stage]) + duration;
            _free[stage] = end;
        }

        batch.Times.Begin(now);
        batch.Times.Add(new DecodeTrend((end - now).Seconds, 0, 1), 1);
    }
}
