using LlmSim.Memory;
using Xunit;

namespace LlmSim.Tests.Memory;

public sealed class PrefixKeysTests
{
    [Theory]
    [InlineData(512, 512, 1300, 2)]
    [InlineData(512, 16, 1300, 64)]
    [InlineData(16, 16, 35, 2)]
    [InlineData(16, 32, 100, 3)]
    [InlineData(10, 16, 50, 3)]
    public void Only_what_lies_in_whole_blocks_of_the_trace_has_keys(
        int hashBlock,
        int block,
        int tokens,
        int expected
    )
    {
        long[] ids = [.. Enumerable.Range(0, (tokens / hashBlock) + 1)];

        Assert.Equal(expected, PrefixKeys.Of(ids, hashBlock, tokens, block).Length);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(24)]
    public void Keys_are_equal_up_to_the_block_in_which_the_prompts_part(int block)
    {
        var one = PrefixKeys.Of([1, 2, 3, 4, 5, 6], 32, 192, block);
        var other = PrefixKeys.Of([1, 2, 3, 9, 5, 6], 32, 192, block);

        // The first 96 tokens are equal. What comes after is not, although the ids are equal again.
        Assert.Equal(96 / block, one.Zip(other).TakeWhile(pair => pair.First == pair.Second).Count());
        Assert.Empty(one.Skip(96 / block).Intersect(other));
    }

    [Fact]
    public void Generated_blocks_are_their_requests_own()
    {
        var keys = Enumerable
            .Range(0, 100)
            .SelectMany(id => Enumerable.Range(0, 100).Select(b => PrefixKeys.Own(id, b)));

        Assert.Equal(10_000, keys.Distinct().Count());
    }
}
