using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>
/// The on-time problem, which moore_hodgson and milp both solve: of the requests queued on a prefill instance, schedule
/// one after the other so that as many as possible finish before their TTFT deadlines. A decision runs the first request
/// of such a schedule; the next decision plans again with what has come since. When nobody can make it, the shortest goes.
/// </summary>
/// <remarks>
/// Requests that can all be on time are also all on time in order of deadline (Jackson, 1955). So a schedule is a set, and
/// its first request is the one with the earliest deadline; equal deadlines go in queue order.
/// </remarks>
internal abstract class OnTimePolicy : ILocalPolicy
{
    private static readonly Comparison<OnTimeJob> s_byDeadline = (a, b) =>
        (a.SlackNanoseconds, a.Position).CompareTo((b.SlackNanoseconds, b.Position));

    private readonly ShortestPolicy _shortest = new();
    private readonly List<OnTimeJob> _jobs = [];

    /// <inheritdoc />
    public int Choose(in LocalContext context)
    {
        CollectJobs(context);
        var first = _jobs.Count == 0 ? -1 : FirstOfLargestOnTimeSet(_jobs);
        return first < 0 ? ((ILocalPolicy)_shortest).Choose(context) : _jobs[first].Position;
    }

    /// <summary>Finds a largest set of jobs that can all be on time.</summary>
    /// <param name="jobs">At least one, by deadline, each on time if it ran first.</param>
    /// <returns>Place in <paramref name="jobs" /> of the first job of the set; −1 when none was found.</returns>
    protected abstract int FirstOfLargestOnTimeSet(List<OnTimeJob> jobs);

    private void CollectJobs(in LocalContext context)
    {
        _jobs.Clear();
        for (var i = 0; i < context.Queue.Count; i++)
        {
            var request = context.Queue[i];
            var prefill = SimTime.FromSeconds(request.PrefillSeconds).Nanoseconds;
            // The SLO asks for a TTFT strictly below it, so a job must end a nanosecond before its deadline.
            var slack = (request.TtftDeadline - context.Now).Nanoseconds - 1;
            if (prefill <= slack)
            {
                _jobs.Add(new OnTimeJob(i, prefill, slack));
            }
        }

        _jobs.Sort(s_byDeadline);
    }
}

/// <summary>A queued request as the on-time problem sees it.</summary>
/// <param name="Position">Position in the queue.</param>
/// <param name="PrefillNanoseconds">How long it runs.</param>
/// <param name="SlackNanoseconds">How long from now until it must have finished.</param>
internal readonly record struct OnTimeJob(int Position, long PrefillNanoseconds, long SlackNanoseconds);
