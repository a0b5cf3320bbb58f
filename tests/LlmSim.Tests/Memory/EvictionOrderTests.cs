using System.Globalization;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Performance;
using Xunit;

namespace LlmSim.Tests.Memory;

/// <summary>The order in which blocks make room, worked out by hand. Blocks have numbers; "+1" writes one, "1" uses it.</summary>
public sealed class EvictionOrderTests
{
    [Theory]
    // Three fit. 1 was used after 2; 3 is written again, and so used, before 5 comes.
    [InlineData(KvTierEviction.Lru, "+1 +2 +3 1 +4 +3 +5", "2 1", "3 4 5")]
    [InlineData(KvTierEviction.Fifo, "+1 +2 +3 1 +4 +3 +5", "1 2", "3 4 5")]
    // Uses: 1 three, 2 two, 3 one, so that 3 goes; then 4 with its one; 5 comes to two, but 2 was used longer ago.
    [InlineData(KvTierEviction.Lfu, "+1 +2 +3 1 1 2 +4 +5 5 +6", "3 4 2", "1 5 6")]
    public void Three_blocks_make_room(KvTierEviction eviction, string steps, string evicted, string left) =>
        Check(eviction, 3, steps, evicted, left);

    /// <summary>Ten fit, of which the main queue may have nine.</summary>
    [Theory]
    // 1 was used twice and goes on to the main queue, 2 once and is given up.
    [InlineData("+1 +2 +3 +4 +5 +6 +7 +8 +9 +10 1 1 2 +11", "2", "1 3 4 5 6 7 8 9 10 11")]
    // 2 comes again while its name is known: it goes to the main queue, past which eight others go through the small one.
    [InlineData(
        "+1 +2 +3 +4 +5 +6 +7 +8 +9 +10 1 1 2 +11 +2 +12 +13 +14 +15 +16 +17 +18 +19",
        "2 3 4 5 6 7 8 9 10 11",
        "1 2 12 13 14 15 16 17 18 19"
    )]
    // All of the small queue go on: the main one is full with the last of them, and 1 is first there, without a use since.
    [InlineData(
        "+1 +2 +3 +4 +5 +6 +7 +8 +9 +10 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9 10 10 +11",
        "1",
        "2 3 4 5 6 7 8 9 10 11"
    )]
    // The same, then 2 is used in the main queue: it goes round, and 3 makes room for 12.
    [InlineData(
        "+1 +2 +3 +4 +5 +6 +7 +8 +9 +10 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9 10 10 +11 2 11 11 +12",
        "1 3",
        "2 4 5 6 7 8 9 10 11 12"
    )]
    public void S3_fifo_makes_room(string steps, string evicted, string left) =>
        Check(KvTierEviction.S3fifo, 10, steps, evicted, left);

    /// <summary>Sessions a, b and c have block 1 in common; a has 2, b 3 and c 4. "a(" opens a session, "a)" ends it. Four fit.</summary>
    [Theory]
    // No session: the least recently used.
    [InlineData("+1 +2 +3 +4 1 +5 +6", "2 3", "1 4 5 6")]
    // What nobody has goes first, in the order of its last use.
    [InlineData("a( b( +1 +2 +3 +4 +5 +6", "4 5", "1 2 3 6")]
    // With a its own block goes, and not what b has too.
    [InlineData("a( b( +1 +2 +3 +4 a) 4 +5 +6", "2 4", "1 3 5 6")]
    // A block that is nobody's any more has kept its place by its last use: 2 was used after 4.
    [InlineData("a( +1 +4 +5 +2 a) +6 +7 +8", "1 4 5", "2 6 7 8")]
    // What a new session has is kept from its beginning on.
    [InlineData("a( +1 +2 +4 +5 a) b( +6 +7", "2 4", "1 5 6 7")]
    // All that is there goes on: the least recently used of it.
    [InlineData("a( b( c( +1 +2 +3 +4 2 +5 +6", "1 5", "2 3 4 6")]
    public void Sessions_that_go_on_keep_their_blocks(string steps, string evicted, string left) =>
        Check(KvTierEviction.Session, 4, steps, evicted, left);

    [Theory]
    [InlineData(KvTierEviction.Lru)]
    [InlineData(KvTierEviction.Lfu)]
    [InlineData(KvTierEviction.Fifo)]
    [InlineData(KvTierEviction.S3fifo)]
    [InlineData(KvTierEviction.Session)]
    public void A_tier_never_has_more_than_fit(KvTierEviction eviction)
    {
        for (var capacity = 1; capacity <= 25; capacity++)
        {
            var tier = Tier(eviction, capacity);
            var random = new RandomStream(capacity, "blocks");
            for (var step = 0; step < 3000; step++)
            {
                var session = random.Next(5);
                if (random.Next(2) == 0)
                {
                    tier.Open(session, new([(ulong)(1 + random.Next(20))], Slots: 3));
                }
                else
                {
                    tier.Close(session);
                }

                var (page, slot) = ((ulong)(1 + random.Next(20)), random.Next(3));
                if (tier.Has(page, slot, SimTime.MaxValue) && random.Next(2) == 0)
                {
                    tier.Use(page, slot, 1);
                }
                else
                {
                    var evicted = tier.Write(page, slot, SimTime.Zero);
                    Assert.DoesNotContain(
                        evicted,
                        block => tier.Has(block.Page, block.Slot, SimTime.MaxValue)
                    );
                    Assert.True(tier.Has(page, slot, SimTime.MaxValue));
                }

                Assert.InRange(tier.Count, 1, capacity);
            }

            Assert.Equal(tier.Count, tier.WrittenBlocks - tier.Evictions);
            Assert.True(tier.Evictions > 100, $"{tier.Evictions} evictions");
        }
    }

    private static void Check(
        KvTierEviction eviction,
        int capacity,
        string steps,
        string evicted,
        string left
    )
    {
        var tier = Tier(eviction, capacity);
        var gone = new List<ulong>();
        foreach (var step in steps.Split(' '))
        {
            if (step[^1] is '(' or ')')
            {
                var session = step[0] - 'a';
                if (step[^1] == ')')
                {
                    tier.Close(session);
                }
                else
                {
                    tier.Open(session, new([1, (ulong)(2 + session)], Slots: 1));
                }

                continue;
            }

            var block = ulong.Parse(step.TrimStart('+'), CultureInfo.InvariantCulture);
            if (step[0] == '+')
            {
                gone.AddRange(tier.Write(block, 0, SimTime.Zero).Select(other => other.Page));
            }
            else
            {
                tier.Use(block, 0, 1);
            }
        }

        Assert.Equal(evicted, string.Join(' ', gone));
        Assert.Equal(
            left,
            string.Join(
                ' ',
                Enumerable.Range(1, 30).Where(block => tier.Has((ulong)block, 0, SimTime.MaxValue))
            )
        );
    }

    private static KvTier Tier(KvTierEviction eviction, int capacity) =>
        new(
            new KvTierSpec
            {
                Kind = KvTierKind.Host,
                CapacityBlocks = capacity,
                BytesPerSecond = 1,
                Eviction = eviction,
            },
            blockBytes: 1
        );
}
