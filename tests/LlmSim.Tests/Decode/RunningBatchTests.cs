using LlmSim.Instances.Decode;
using LlmSim.Kernel;
using Xunit;

namespace LlmSim.Tests.Decode;

/// <summary>What is kept up incrementally against what a scan of the whole batch gives.</summary>
public sealed class RunningBatchTests
{
    [Fact]
    public void Heaps_and_sums_are_what_a_scan_gives()
    {
        var random = new RandomStream(1, "batch");
        var batch = new RunningBatch();
        var work = new RemainingWork();
        var running = new List<Request>();
        var leaving = new List<Request>();
        for (var step = 0; step < 5000; step++)
        {
            for (var joiners = random.Next(4); joiners > 0; joiners--)
            {
                var request = NewRequest(random);
                running.Add(request);
                batch.Join(request);
                work.Add(request, batch.Iteration);
            }

            if (running.Count == 0)
            {
                continue;
            }

            if (random.Next(5) == 0)
            {
                var newest = batch.Newest;
                batch.Take(newest);
                work.Remove(newest, batch.Iteration);
                Assert.Same(running[^1], newest);
                running.Remove(newest);
            }

            if (running.Count > 0)
            {
                AssertEqual(running, batch, work);
                var iterations = random.Next(batch.IterationsToFirstFinish) + 1;
                batch.Advance(iterations);
                leaving.Clear();
                while (batch.TryTakeFinished() is { } finished)
                {
                    work.Remove(finished, batch.Iteration);
                    leaving.Add(finished);
                }

                Assert.Equal(running.Where(request => Left(request, batch) == 0), leaving);
                running.RemoveAll(leaving.Contains);
            }
        }

        batch.TakeAll(leaving);
        Assert.Equal(running, leaving);
        Assert.Equal((0, 0L), (batch.Count, batch.ContextTokens));
    }

    private static void AssertEqual(List<Request> running, RunningBatch batch, RemainingWork work)
    {
        Assert.Equal(running.Count, batch.Count);
        Assert.Equal(running.Sum(request => Context(request, batch)), batch.ContextTokens);
        Assert.Equal(running.Max(request => Context(request, batch)), batch.LongestContextTokens());
        Assert.Equal(running.Min(request => Left(request, batch)), batch.IterationsToFirstFinish);
        Assert.Equal(
            running.Sum(request => Math.Max(1, request.ExpectedOutputTokens - Generated(request, batch))),
            work.At(batch.Iteration)
        );
    }

    private static long Since(Request request, RunningBatch batch) =>
        batch.Iteration - request.JoinedAtIteration;

    private static long Context(Request request, RunningBatch batch) =>
        request.ContextTokens + Since(request, batch);

    private static long Generated(Request request, RunningBatch batch) =>
        request.GeneratedTokens + Since(request, batch);

    private static long Left(Request request, RunningBatch batch) =>
        request.DecodeTokensOwed - request.DecodedTokens - Since(request, batch);

    private static Request NewRequest(RandomStream random) =>
        new()
        {
            InputTokens = 1 + random.Next(500),
            DecodeTokensOwed = 1 + random.Next(60),
            TokensFromPrefill = 1,
            ExpectedOutputTokens = 1 + random.Next(40),
        };
}
