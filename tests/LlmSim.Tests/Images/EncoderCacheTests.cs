using LlmSim.Batching;
using LlmSim.Kernel;
using Xunit;

namespace LlmSim.Tests.Images;

/// <summary>vLLM's cache of embeddings: what is needed stays, and of the rest what was let go first leaves first.</summary>
public sealed class EncoderCacheTests
{
    [Fact]
    public void What_is_needed_stays_and_there_is_no_room_beside_it()
    {
        var cache = new EncoderCache(10);

        Assert.True(cache.TryAdd(1, 6));
        Assert.False(cache.TryAdd(2, 5));
        Assert.True(cache.TryAdd(3, 4));
        Assert.Equal((10, 0), (cache.Held, cache.Room));
        cache.Release(1);
        Assert.True(cache.TryAdd(2, 5));
        Assert.False(cache.Has(1));
        Assert.True(cache.IsHeld(3));
    }

    [Fact]
    public void What_was_let_go_first_leaves_first_unless_it_was_needed_again()
    {
        var cache = new EncoderCache(9);
        foreach (var image in new[] { 1, 2, 3 })
        {
            Assert.True(cache.TryAdd(image, 3));
            cache.Release(image);
        }

        Assert.True(cache.TryHold(1));
        cache.Release(1);
        Assert.True(cache.TryAdd(4, 3));
        Assert.True(cache.TryAdd(5, 3));

        Assert.Equal([true, false, false, true, true], new long[] { 1, 2, 3, 4, 5 }.Select(cache.Has));
        Assert.Equal(1, cache.Hits);
    }

    [Fact]
    public void A_picture_of_two_requests_is_held_until_both_have_passed_it()
    {
        var cache = new EncoderCache(4);
        Assert.True(cache.TryAdd(1, 4));
        Assert.True(cache.TryHold(1));

        cache.Release(1);
        Assert.False(cache.TryAdd(2, 1));
        Assert.False(cache.TryHold(2));
        cache.Release(1);
        Assert.True(cache.TryAdd(2, 1));
    }

    [Fact]
    public void What_is_not_encoded_after_all_leaves_unless_another_request_needs_it()
    {
        var cache = new EncoderCache(4);
        Assert.True(cache.TryAdd(1, 4));
        Assert.True(cache.TryHold(1));

        Assert.False(cache.TryForget(1));
        Assert.True(cache.IsHeld(1));
        Assert.True(cache.TryForget(1));
        Assert.Equal((false, 4), (cache.Has(1), cache.Room));
    }

    /// <summary>Against lists that are searched from the front.</summary>
    [Fact]
    public void Random_use_gives_what_plain_lists_give()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new RandomStream(seed, "encoder cache");
            var capacity = 5 + random.Next(30);
            var cache = new EncoderCache(capacity);
            var held = new List<long>();
            var unused = new List<long>();
            for (var step = 0; step < 300; step++)
            {
                long image = random.Next(20);
                var size = Size(image);
                if (held.Count > 0 && random.Next(2) == 0)
                {
                    var let = held[random.Next(held.Count)];
                    held.Remove(let);
                    cache.Release(let);
                    if (!held.Contains(let))
                    {
                        unused.Add(let);
                    }
                }
                else if (held.Contains(image) || unused.Contains(image))
                {
                    Assert.True(cache.TryHold(image));
                    unused.Remove(image);
                    held.Add(image);
                }
                else
                {
                    var fits = size <= capacity - held.Distinct().Sum(Size);
                    Assert.False(cache.TryHold(image));
                    Assert.Equal(fits, cache.TryAdd(image, size));
                    while (fits && held.Distinct().Sum(Size) + unused.Sum(Size) + size > capacity)
                    {
                        unused.RemoveAt(0);
                    }

                    held.AddRange(fits ? [image] : []);
                }

                Assert.Equal(held.Distinct().Sum(Size), cache.Held);
                Assert.Equal(capacity - cache.Held, cache.Room);
                for (var other = 0; other < 20; other++)
                {
                    Assert.Equal(held.Contains(other) || unused.Contains(other), cache.Has(other));
                    Assert.Equal(held.Contains(other), cache.IsHeld(other));
                }
            }
        }

        static int Size(long image) => 1 + (int)(image % 7);
    }
}
