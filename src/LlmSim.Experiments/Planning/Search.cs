namespace LlmSim.Experiments.Planning;

/// <summary>
/// Looks for the best candidate of one shape. It asks for one round of probes after another; between rounds the planner may drop it.
/// </summary>
internal abstract class Search
{
    private IEnumerator<IReadOnlyList<Probe>>? _rounds;

    protected Search(PlanQuestion question, InstanceShape shape)
    {
        Question = question;
        Shape = shape;
    }

    public InstanceShape Shape { get; }

    /// <summary>The best candidate that holds so far, as judged at its level; null for none.</summary>
    public Judgement? Found { get; protected set; }

    /// <summary>Why nothing of the shape is in the answer; null while it may be.</summary>
    public string? Dropped { get; private set; }

    /// <summary>What came of it, in words.</summary>
    public string Outcome =>
        Dropped ?? (Found is { } found ? $"{found.Probe.Candidate.Name} holds" : "nothing was found");

    /// <summary>The nearest that a candidate came to the SLOs, where none held.</summary>
    public Judgement? Nearest { get; private set; }

    /// <summary>What the least of is looked for, of what was found; infinite while nothing was.</summary>
    public virtual double Score =>
        Found is { } found ? Question.Weight(found.Probe.Candidate) : double.PositiveInfinity;

    /// <summary>No candidate that is still possible has a lower score.</summary>
    public double LeastScore { get; protected set; } = double.NegativeInfinity;

    /// <summary>Whether it asks for nothing more.</summary>
    public bool IsDone { get; private set; }

    /// <summary>The probes that it asks for; empty when it is done.</summary>
    public IReadOnlyList<Probe> Wanted { get; private set; } = [];

    protected PlanQuestion Question { get; }

    /// <summary>What the last round found, in the order of its probes.</summary>
    protected IReadOnlyList<Judgement> Judged { get; private set; } = [];

    /// <summary>Goes on with what the last round found.</summary>
    public void Advance(IReadOnlyList<Judgement> judged)
    {
        Judged = judged;
        foreach (var judgement in judged.Where(judgement => !judgement.Holds && judgement.Terms.Count > 0))
        {
            if (Nearest is null || judgement.Miss < Nearest.Miss)
            {
                Nearest = judgement;
            }
        }

        _rounds ??= Rounds().GetEnumerator();
        IsDone = IsDone || !_rounds.MoveNext();
        Wanted = IsDone ? [] : _rounds.Current;
    }

    /// <summary>Judges by long runs what short ones found; null where they cannot change that others are better.</summary>
    /// <param name="below">Only what has a lower score matters; null where it is one of the best already.</param>
    public virtual Search? Check(double? below) => null;

    /// <summary>Asks for nothing more.</summary>
    public void Drop(string reason)
    {
        Dropped ??= reason;
        IsDone = true;
        Wanted = [];
    }

    protected abstract IEnumerable<IReadOnlyList<Probe>> Rounds();

    /// <summary>Whether nothing of the shape can serve the model or be weighed; it is dropped then.</summary>
    protected bool IsDroppedAtOnce()
    {
        var reason = Shape.Impossible ?? Question.Unpriced(Shape);
        if (reason is not null)
        {
            Drop(reason);
        }

        return reason is not null;
    }

    /// <summary>Whether what was judged with one request at a time does not hold, so that no number of instances helps; it is dropped then.</summary>
    protected bool IsDroppedIdle()
    {
        var idle = Judged[0];
        if (!idle.Holds)
        {
            Drop(idle.IsError ? idle.Reason! : $"even with one request at a time {idle.Reason}");
        }

        return !idle.Holds;
    }

    /// <summary>Keeps what has the most goodput so far, if anything has some.</summary>
    protected bool TakeMost()
    {
        Found = Judged
            .Append(Found)
            .OfType<Judgement>()
            .Where(judged => judged.Holds && judged.GoodputRequestsPerSecond > 0)
            .MaxBy(judged => judged.GoodputRequestsPerSecond);
        return Found is not null;
    }

    /// <summary>From now on no candidate is lighter than this one.</summary>
    protected void RaiseTo(ClusterSize size) =>
        LeastScore = Math.Max(LeastScore, Question.Weight(new Candidate(Shape, size)));

    protected bool Allows(ClusterSize size) => Question.Allows(new Candidate(Shape, size));

    protected Probe ProbeOf(ClusterSize size, ProbeLevel level) =>
        new(new Candidate(Shape, size), Rate: null, level);
}
