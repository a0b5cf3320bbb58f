using System.Runtime.InteropServices;
using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Instances.Queues;

/// <summary>
/// A queue that SGLang's schedule_policy arranges anew whenever prompts are planned. Each order starts from the one before: what it leaves
/// open stays as it was.
/// </summary>
/// <remarks>srt/managers/schedule_policy.py, SchedulePolicy.calc_priority.</remarks>
/// <param name="policy">The order.</param>
/// <param name="engine">Whose requests wait.</param>
/// <param name="random">Shuffles.</param>
internal sealed class ArrangedQueue(SchedulePolicy policy, EngineSpec engine, RandomStream random)
    : RequestQueue
{
    /// <summary>Most waiting requests that are sorted by what is found of them.</summary>
    private const int MostMatched = 128;

    /// <summary>A request of which no more tokens than this are found waits for others that begin with as many of the same.</summary>
    private const int InBatchTokens = 32;

    private readonly List<Request> _requests = [];

    public override int Count => _requests.Count;

    public override bool HasFixedOrder => false;

    public override Request Select(Instance instance, SimTime now) => _requests[0];

    public override bool Remove(Request request) => _requests.Remove(request);

    public override void Clear() => _requests.Clear();

    public override long Sum<TState>(TState state, Func<Request, TState, long> figure) =>
        _requests.Sum(request => figure(request, state));

    public override void Arrange(Func<SequenceState, int> countHits)
    {
        // Without a cache SGLang falls back to the order of arrival.
        var matches = engine.PrefixCaching && _requests.Count > 1;
        switch (policy)
        {
            case SchedulePolicy.LongestPrefixMatch when matches && _requests.Count <= MostMatched:
                SortByMatch(countHits);
                break;
            case SchedulePolicy.DfsWeight when matches:
                SortByFamily(countHits);
                break;
            case SchedulePolicy.LongestOutput:
                Reorder(_requests.OrderByDescending(request => request.TraceOutputTokens));
                break;
            case SchedulePolicy.Random:
                random.Permute(CollectionsMarshal.AsSpan(_requests));
                break;
        }
    }

    protected override Request TakeSelected()
    {
        var first = _requests[0];
        _requests.RemoveAt(0);
        return first;
    }

    protected override void Add(Request request) => _requests.Add(request);

    private void Reorder(IEnumerable<Request> order)
    {
        var ordered = order.ToArray();
        _requests.Clear();
        _requests.AddRange(ordered);
    }

    private void SortByMatch(Func<SequenceState, int> countHits)
    {
        var begun = new HashSet<(ulong, int)>();
        var block = ((InBatchTokens + engine.BlockTokens - 1) / engine.BlockTokens) - 1;
        var keys = new Dictionary<Request, int>();
        foreach (var request in _requests)
        {
            var sequence = request.Sequence!;
            var found = countHits(sequence) * engine.BlockTokens;
            // Equal names of a block mean that all before it is equal too.
            var repeats =
                found <= InBatchTokens
                && block < sequence.SharedBlocks
                && sequence.NameOf(block) is var name
                && !begun.Add((name.Page, name.Slot));
            keys.Add(request, repeats ? int.MaxValue : -found);
        }

        Reorder(_requests.OrderBy(request => keys[request]));
    }

    /// <summary>
    /// Depth first over the prefixes that are found: of the branches of a prefix that with the most requests first, and behind all branches
    /// those of whom nothing more is found.
    /// </summary>
    private void SortByFamily(Func<SequenceState, int> countHits)
    {
        var order = new List<Request>(_requests.Count);
        Visit([.. _requests.Select(request => (request, countHits(request.Sequence!)))], depth: 0);
        Reorder(order);

        void Visit((Request Request, int Hits)[] family, int depth)
        {
            // A prefix that all of them share has one branch.
            while (family.All(one => one.Hits > depth && NameAt(one, depth) == NameAt(family[0], depth)))
            {
                depth++;
            }

            var branches = family
                .Where(one => one.Hits > depth)
                .GroupBy(one => NameAt(one, depth))
                .OrderByDescending(branch => branch.Count());
            foreach (var branch in branches)
            {
                Visit([.. branch], depth + 1);
            }

            order.AddRange(family.Where(one => one.Hits == depth).Select(one => one.Request));
        }

        static (ulong, int) NameAt((Request Request, int Hits) one, int block)
        {
            var name = one.Request.Sequence!.NameOf(block);
            return (name.Page, name.Slot);
        }
    }
}
