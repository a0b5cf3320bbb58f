using LlmSim.Policies;

namespace LlmSim.Testing;

/// <summary>An engine that is only planned for: with few KV blocks, and requests that decode or compute their prompts.</summary>
internal sealed class BatchUnderTest : IBatchUnderPlan
{
    private const int Places = 8;

    private readonly List<BatchedRequest> _running;
    private readonly Queue<BatchedRequest> _waiting;

    public BatchUnderTest(IEnumerable<Request> running, IEnumerable<Request> waiting, int freeBlocks)
    {
        _running = [.. running.Take(Places).Select(Running)];
        _waiting = new(waiting.Select(Waiting));
        FreeBlocks = freeBlocks;
    }

    /// <summary>What was planned, as one number: other plans have others, as a rule.</summary>
    public int Planned { get; private set; }

    public int MaxBatchedTokens => 64;

    public int MaxSequences => Places;

    public int BlockTokens => 16;

    public int FreeBlocks { get; private set; }

    public bool HasAdmitted { get; private set; }

    int IBatchUnderPlan.Running => _running.Count;

    int IBatchUnderPlan.Waiting => _waiting.Count;

    public BatchedRequest RunningAt(int position) => _running[position];

    public bool TryNext(out BatchedRequest next)
    {
        next = default;
        return _running.Count < Places && _waiting.TryPeek(out next);
    }

    public bool TryCompute(int position, int tokens)
    {
        var request = _running[position];
        var blocks = BlocksFor(request.ComputedTokens + tokens) - request.KvBlocks;
        if (blocks > FreeBlocks)
        {
            return false;
        }

        FreeBlocks -= Math.Max(0, blocks);
        _running[position] = request with
        {
            PlannedTokens = tokens,
            KvBlocks = request.KvBlocks + Math.Max(0, blocks),
        };
        Note(1, (int)request.Request.Id, tokens);
        return true;
    }

    public void Preempt(int position)
    {
        var request = _running[position];
        _running.RemoveAt(position);
        FreeBlocks += request.KvBlocks;
        Note(2, (int)request.Request.Id, 0);
    }

    public int Admit(int tokens)
    {
        if (!TryNext(out var next))
        {
            return 0;
        }

        tokens = Math.Min(tokens, next.TokensToCompute);
        if (BlocksFor(tokens) > FreeBlocks)
        {
            return 0;
        }

        FreeBlocks -= BlocksFor(tokens);
        _running.Add(_waiting.Dequeue() with { PlannedTokens = tokens, KvBlocks = BlocksFor(tokens) });
        HasAdmitted = true;
        Note(3, (int)next.Request.Id, tokens);
        return tokens;
    }

    private int BlocksFor(int tokens) => (tokens + BlockTokens - 1) / BlockTokens;

    private void Note(int action, int request, int tokens) =>
        Planned = (int)(((Planned * 31L) + (action * 10_007L) + (request * 101L) + tokens) % 1_000_000_007L);

    /// <summary>Every second one decodes.</summary>
    private BatchedRequest Running(Request request)
    {
        var generated = request.Id % 2 == 0 ? 1 + ((int)request.Id % 5) : 0;
        var known = request.InputTokens + generated;
        var computed = generated > 0 ? known - 1 : known / 2;
        return new(
            new RequestView(request),
            computed,
            known - computed,
            PlannedTokens: 0,
            generated,
            BlocksFor(computed)
        );
    }

    private static BatchedRequest Waiting(Request request) =>
        new(
            new RequestView(request),
            0,
            request.InputTokens,
            PlannedTokens: 0,
            GeneratedTokens: 0,
            KvBlocks: 0
        );
}
