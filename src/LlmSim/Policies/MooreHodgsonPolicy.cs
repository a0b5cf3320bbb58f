namespace LlmSim.Policies;

/// <summary>
/// The Moore–Hodgson algorithm (Moore, 1968), exact in O(n log n): take the jobs in order of deadline, and whenever one
/// would be late, drop the longest taken so far.
/// </summary>
[Policy(
    "moore_hodgson",
    Decisions = PolicyDecisions.PrefillLocal,
    Summary = "first of a schedule in which the most queued requests meet their TTFT deadlines; else the shortest"
)]
internal sealed class MooreHodgsonPolicy : OnTimePolicy
{
    // The longest comes out first; of equally long ones, the one with the latest deadline.
    private readonly PriorityQueue<int, (long MinusPrefill, int MinusPlace)> _taken = new();

    protected override int FirstOfLargestOnTimeSet(List<OnTimeJob> jobs)
    {
        _taken.Clear();
        var finish = 0L;
        for (var place = 0; place < jobs.Count; place++)
        {
            var job = jobs[place];
            _taken.Enqueue(place, (-job.PrefillNanoseconds, -place));
            finish = checked(finish + job.PrefillNanoseconds);
            if (finish > job.SlackNanoseconds)
            {
                finish -= jobs[_taken.Dequeue()].PrefillNanoseconds;
            }
        }

        var first = jobs.Count;
        foreach (var (place, _) in _taken.UnorderedItems)
        {
            first = Math.Min(first, place);
        }

        return first;
    }
}
