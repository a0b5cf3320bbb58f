using LlmSim.Experiments.Workloads;
using LlmSim.Kernel;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Planning;

public sealed class WorkloadVariationTests
{
    [Theory]
    [InlineData(0.8)]
    [InlineData(1.2)]
    public void Lengths_are_multiplied_and_prompts_have_as_much_in_common_as_before(double factor)
    {
        var requests = Conversations(blockTokens: 512, hasPartialBlocks: true);

        var varied = new WorkloadVariation(Input: factor, Output: factor).Apply(requests).ToArray();

        Assert.Equal(
            factor,
            Mean(varied, one => one.InputTokens) / Mean(requests, one => one.InputTokens),
            0.01
        );
        Assert.Equal(
            factor,
            Mean(varied, one => one.OutputTokens) / Mean(requests, one => one.OutputTokens),
            0.01
        );
        Assert.Equal(SharedShare(requests), SharedShare(varied));
        AssertBlocks(varied);
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(512, false)]
    [InlineData(7, true)]
    public void Each_prompt_keeps_its_blocks(int blockTokens, bool hasPartialBlocks)
    {
        foreach (var factor in (double[])[0.8, 1.2])
        {
            var varied = new WorkloadVariation(Input: factor)
                .Apply(Conversations(blockTokens, hasPartialBlocks))
                .ToArray();

            AssertBlocks(varied);
        }
    }

    [Theory]
    [InlineData(0.8)]
    [InlineData(1.2)]
    public void Prompts_have_more_or_less_in_common_as_asked(double factor)
    {
        var requests = Conversations(blockTokens: 512, hasPartialBlocks: true);

        var varied = new WorkloadVariation(Prefix: factor).Apply(requests).ToArray();

        Assert.Equal(factor, SharedShare(varied) / SharedShare(requests), 0.05);
        Assert.Equal(requests.Select(one => one.InputTokens), varied.Select(one => one.InputTokens));
        Assert.Equal(
            varied.Select(one => one.HashIds),
            new WorkloadVariation(Prefix: factor).Apply(requests).Select(one => one.HashIds)
        );
        AssertBlocks(varied);
    }

    [Theory]
    [InlineData(512, true)]
    [InlineData(16, true)]
    [InlineData(3, false)]
    [InlineData(1, false)]
    public void Blocks_that_are_too_short_cannot_be_scaled(int blockTokens, bool expected) =>
        Assert.Equal(
            expected,
            WorkloadVariation.CanScale(blockTokens, 0.8) && WorkloadVariation.CanScale(blockTokens, 1.2)
        );

    /// <summary>Each id stands for as many tokens as a prompt has for it.</summary>
    private static void AssertBlocks(RequestSpec[] requests) =>
        Assert.All(
            requests,
            request =>
            {
                var whole = request.InputTokens / request.HashBlockTokens;
                var all = ((request.InputTokens - 1) / request.HashBlockTokens) + 1;
                Assert.Contains(request.HashIds!.Length, new[] { whole, all });
            }
        );

    private static double Mean(RequestSpec[] requests, Func<RequestSpec, int> length) =>
        requests.Average(request => (double)length(request));

    /// <summary>Of all blocks those that an earlier prompt has, behind an equal prefix.</summary>
    private static double SharedShare(RequestSpec[] requests)
    {
        var known = new HashSet<long>();
        long shared = 0;
        foreach (var request in requests)
        {
            shared += request.HashIds!.TakeWhile(known.Contains).Count();
            known.UnionWith(request.HashIds!);
        }

        return (double)shared / requests.Sum(request => request.HashIds!.Length);
    }

    /// <summary>Conversations of one to four prompts, each of which begins with those before it.</summary>
    private static RequestSpec[] Conversations(int blockTokens, bool hasPartialBlocks)
    {
        var random = new Random(5);
        var requests = new List<RequestSpec>();
        var id = 0L;
        while (requests.Count < 4000)
        {
            long[] ids = [];
            for (var turn = random.Next(4); turn >= 0; turn--)
            {
                ids = [.. ids, .. Enumerable.Range(0, random.Next(1, 12)).Select(_ => id++)];
                var tail = random.Next(1, blockTokens);
                requests.Add(
                    new RequestSpec(
                        requests.Count,
                        SimTime.Zero,
                        hasPartialBlocks
                            ? ((ids.Length - 1) * blockTokens) + tail
                            : (ids.Length * blockTokens) + tail - 1,
                        random.Next(50, 500),
                        ids,
                        blockTokens
                    )
                );
            }
        }

        return [.. requests];
    }
}
