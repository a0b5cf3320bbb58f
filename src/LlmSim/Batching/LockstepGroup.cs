using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// The clock of one batched instance, or of data-parallel ones that advance together: each iteration begins for all of them
/// at once and ends with the slowest. Iterations that only repeat themselves are one event; when a request comes
/// in between, they are cut after the one that is under way.
/// </summary>
internal sealed class LockstepGroup : IterationClock
{
    /// <summary>Pieces of a plan beyond which the rest is left to the next one: what an arrival cuts off was worked out in vain.</summary>
    private const int MostPieces = 32;

    private readonly Simulation _simulation;
    private readonly EventTimer _iterationsEnd;
    private readonly int _maxIterationsPerEvent;
    private readonly List<BatchedInstance> _members = [];
    private readonly List<IterationBatch> _batches = [];
    private readonly List<DecodeTrend> _trends = [];
    private readonly IterationPlan _times = new();
    private PromptBalance? _balance;
    private Phase _phase;

    public LockstepGroup(Simulation simulation, EventRank rank, int maxIterationsPerEvent)
    {
        _simulation = simulation;
        _iterationsEnd = simulation.CreateTimer(rank, EndIterations);
        _maxIterationsPerEvent = maxIterationsPerEvent;
    }

    private enum Phase
    {
        Idle,
        Waking,
        Running,
    }

    public override IterationPlan[] Add(BatchedInstance member)
    {
        _members.Add(member);
        _batches.Add(default);
        _balance ??= _members.Count > 1 ? PromptBalance.Of(member.Spec.Engine!, member.Role) : null;
        return [_times];
    }

    /// <summary>Its iterations end before those of groups that were made later, where they end at one instant: they have something in common.</summary>
    public override void KeepPlace() => _iterationsEnd.KeepsPlace = true;

    public override SimTime LastBegin =>
        _times.Count > 0 && _phase == Phase.Running ? _times.EndOf(_times.Count - 1) : _simulation.Now;

    public override bool HasBegunNow => _phase == Phase.Running && _times.EndOf(0) == _simulation.Now;

    public override void Interrupt(int plannedAhead = 0)
    {
        if (_phase == Phase.Running)
        {
            var count = Math.Min(_times.Count, _times.EndedBefore(_simulation.Now) + 1 + plannedAhead);
            if (count < _times.Count)
            {
                _times.CutTo(count);
                _iterationsEnd.Set(_times.End);
            }
        }
        else if (_phase == Phase.Idle)
        {
            // Not yet: others may come at this very instant.
            _phase = Phase.Waking;
            _iterationsEnd.Set(_simulation.Now);
        }
    }

    public override IReadOnlyList<BatchedInstance> Members => _members;

    /// <summary>Its members fail at once: their iterations wait for each other.</summary>
    public override void Fail()
    {
        foreach (var member in _members)
        {
            member.LoseAll();
        }

        _iterationsEnd.Cancel();
        _phase = Phase.Idle;
        _times.Complete();
        _times.Rest();
    }

    /// <summary>The planned iterations have ended, or an idle group was woken.</summary>
    private void EndIterations()
    {
        if (_phase == Phase.Running)
        {
            foreach (var member in _members)
            {
                member.Complete();
            }
        }

        Begin();
    }

    public override string ToString() => string.Join(" + ", _members);

    private void Begin()
    {
        var (mostTokens, allTokens, hasPrompt) = (0, 0, false);
        HoldPromptsBack();
        for (var i = 0; i < _members.Count; i++)
        {
            _batches[i] = _members[i].Begin();
            mostTokens = Math.Max(mostTokens, _batches[i].Tokens);
            // Beside others that compute, a member without work computes a dummy token.
            allTokens += Math.Max(1, _batches[i].Tokens);
            hasPrompt |= _batches[i].PrefillTokens > 0;
        }

        _balance?.OnPlanned(_members);

        if (mostTokens == 0)
        {
            _phase = Phase.Idle;
            return;
        }

        var iterations = _maxIterationsPerEvent;
        foreach (var member in _members)
        {
            iterations = member.SteadyIterations(iterations);
        }

        _phase = Phase.Running;
        Pad(mostTokens, allTokens, hasPrompt);
        PlanTimes(iterations, hasPrompt);
        _iterationsEnd.Set(_times.End);
        foreach (var member in _members)
        {
            member.OnPlanned(_times.End);
        }
    }

    private void HoldPromptsBack()
    {
        if (_balance is not null)
        {
            var holds = _balance.Holds(_members, _phase == Phase.Running ? _times.Count - 1 : 0);
            foreach (var member in _members)
            {
                member.HoldsPromptsBack = holds;
            }
        }
    }

    /// <summary>
    /// The layers of each member are computed for the tokens of the largest. Only when no member has a part of a prompt is the
    /// iteration replayed from a graph, whose size pads all of them further.
    /// </summary>
    private void Pad(int mostTokens, int allTokens, bool hasPrompt)
    {
        for (var i = 0; i < _members.Count; i++)
        {
            var padded = hasPrompt ? mostTokens : _members[i].PaddedTokens(mostTokens);
            _batches[i] = _batches[i] with
            {
                GroupTokens = padded,
                ExpertTokens =
                    _members.Count == 1 ? 0
                    : hasPrompt ? allTokens
                    : padded * _members.Count,
            };
        }
    }

    private void PlanTimes(int iterations, bool hasPrompt)
    {
        if (_times.Count > 0 && _times.End == _simulation.Now)
        {
            _times.Complete();
        }
        else
        {
            _times.Rest();
        }

        try
        {
            _times.Begin(_simulation.Now);
            for (var pieces = 0; _times.Count < iterations && pieces < MostPieces; pieces++)
            {
                _times.Add(Trend(hasPrompt, _times.Count), iterations - _times.Count);
            }
        }
        catch (ClockRangeException e)
        {
            var slowest = _members
                .Where(member => member.Longest is not null)
                .MaxBy(member => member.Longest!.InputTokens)!;
            throw ClockEnd.Error(slowest.Longest!, "the end of its iteration", slowest, e);
        }
    }

    /// <summary>Times of the slowest member when the plan has been repeated so often, as far as it stays the slowest.</summary>
    private DecodeTrend Trend(bool hasPrompt, int repeated)
    {
        _trends.Clear();
        var slowest = new DecodeTrend(0, 0, int.MaxValue);
        for (var i = 0; i < _members.Count; i++)
        {
            if (_batches[i].Tokens > 0)
            {
                var trend = _members[i].IterationTrend(_batches[i].After(repeated), hasPrompt);
                _trends.Add(trend);
                var isSlower =
                    trend.Seconds > slowest.Seconds
                    || (trend.Seconds == slowest.Seconds && trend.GrowthSeconds > slowest.GrowthSeconds);
                slowest = isSlower || _trends.Count == 1 ? trend : slowest;
            }
        }

        var iterations = slowest.Iterations;
        foreach (var trend in _trends)
        {
            iterations = Math.Min(iterations, trend.Iterations);
            if (trend.GrowthSeconds > slowest.GrowthSeconds)
            {
                var lead = (slowest.Seconds - trend.Seconds) / (trend.GrowthSeconds - slowest.GrowthSeconds);
                iterations = lead < iterations - 1 ? (int)lead + 1 : iterations;
            }
        }

        return slowest with
        {
            Iterations = iterations,
        };
    }
}
