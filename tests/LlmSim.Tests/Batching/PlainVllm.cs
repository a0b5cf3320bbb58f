using LlmSim.Performance;
using LlmSim.Workloads;

namespace LlmSim.Tests.Batching;

/// <summary>
/// vLLM V1's schedule of one engine without prefix caching, written down again from its rules: iteration by iteration, request by request, in
/// floating seconds, with nothing planned ahead and nothing remembered.
/// </summary>
internal sealed class PlainVllm(EngineSpec engine, IPerformanceModel times)
{
    private readonly LinkedList<Sequence> _waiting = [];
    private readonly List<Sequence> _running = [];
    private int _free = engine.KvBlocks!.Value - 1;

    public int Preemptions { get; private set; }

    public List<Sequence> Run(IReadOnlyList<RequestSpec> requests)
    {
        var all = requests.Select(request => new Sequence(request)).ToList();
        var toCome = new Queue<Sequence>(all);
        var now = 0.0;
        while (toCome.Count + _waiting.Count + _running.Count > 0)
        {
            while (toCome.TryPeek(out var next) && next.Arrival <= now)
            {
                _waiting.AddLast(toCome.Dequeue());
            }

            Schedule();
            var batch = Batch();
            if (batch.Tokens == 0)
            {
                now = toCome.Peek().Arrival;
                continue;
            }

            now += times.Seconds(batch) + (batch.PrefillTokens > 0 ? engine.PrefillIterationSeconds : 0);
            foreach (var sequence in _running)
            {
                sequence.Compute(now);
            }

            foreach (var sequence in _running.Where(sequence => sequence.IsDone))
            {
                _free += sequence.Blocks;
            }

            _running.RemoveAll(sequence => sequence.IsDone);
        }

        return all;
    }

    private void Schedule()
    {
        var budget = engine.MaxBatchedTokens;
        var preempted = false;
        for (var i = 0; i < _running.Count && budget > 0; i++)
        {
            var sequence = _running[i];
            var tokens = Math.Min(Part(sequence.Length - sequence.Computed), budget);
            while (!Grow(sequence, sequence.Computed + tokens))
            {
                preempted = true;
                Preempt(_running[^1]);
                if (i >= _running.Count)
                {
                    break;
                }
            }

            if (i < _running.Count)
            {
                sequence.Scheduled = tokens;
                budget -= tokens;
            }
        }

        while (!preempted && _waiting.Count > 0 && _running.Count < engine.MaxSequences && budget > 0)
        {
            var first = _waiting.First!.Value;
            var tokens = Part(first.Length);
            if (tokens > budget)
            {
                if (!engine.ChunkedPrefill && budget < engine.MaxBatchedTokens)
                {
                    return;
                }

                tokens = engine.ChunkedPrefill ? budget : tokens;
            }

            // All of it has to fit, although its blocks are taken as they are filled.
            if (BlocksFor(first.Length) > _free || !Grow(first, tokens))
            {
                return;
            }

            _waiting.RemoveFirst();
            _running.Add(first);
            first.Scheduled = tokens;
            budget -= tokens;
        }
    }

    private int Part(int tokens) =>
        engine is { LongPrefillTokens: > 0, ChunkedPrefill: true }
            ? Math.Min(tokens, engine.LongPrefillTokens)
            : tokens;

    private void Preempt(Sequence sequence)
    {
        Preemptions++;
        _running.Remove(sequence);
        _free += sequence.Blocks;
        (sequence.Blocks, sequence.Computed, sequence.Scheduled) = (0, 0, 0);
        sequence.Evictions++;
        _waiting.AddFirst(sequence);
    }

    private bool Grow(Sequence sequence, int tokens)
    {
        var lacking = Math.Max(0, BlocksFor(tokens) - sequence.Blocks);
        if (lacking > _free)
        {
            return false;
        }

        _free -= lacking;
        sequence.Blocks += lacking;
        return true;
    }

    private int BlocksFor(int tokens) => (tokens + engine.BlockTokens - 1) / engine.BlockTokens;

    private IterationBatch Batch()
    {
        var decoding = _running.Where(sequence => sequence.Scheduled == 1).ToList();
        var prompts = _running.Where(sequence => sequence.Scheduled > 1).ToList();
        return new IterationBatch
        {
            PrefillRequests = prompts.Count,
            PrefillTokens = prompts.Sum(sequence => sequence.Scheduled),
            PrefillComputedTokens = prompts.Sum(sequence => (long)sequence.Computed),
            PrefillAttentionPairs = prompts.Sum(sequence =>
                ((long)sequence.Scheduled * sequence.Computed)
                + ((long)sequence.Scheduled * (sequence.Scheduled + 1) / 2)
            ),
            DecodeRequests = decoding.Count,
            DecodeComputedTokens = decoding.Sum(sequence => (long)sequence.Computed),
        };
    }

    internal sealed class Sequence(RequestSpec request)
    {
        public double Arrival { get; } = request.Arrival.Seconds;
        public double FirstToken { get; private set; } = double.NaN;
        public double LastToken { get; private set; }
        public int Evictions { get; set; }
        public int Blocks { get; set; }
        public int Computed { get; set; }
        public int Scheduled { get; set; }
        public int Generated { get; private set; }
        public int Length => request.InputTokens + Generated;
        public bool IsDone => Generated == request.OutputTokens;

        public void Compute(double now)
        {
            Computed += Scheduled;
            if (Scheduled > 0 && Computed == Length)
            {
                Generated++;
                FirstToken = double.IsNaN(FirstToken) ? now : FirstToken;
                LastToken = now;
            }

            Scheduled = 0;
        }
    }
}
