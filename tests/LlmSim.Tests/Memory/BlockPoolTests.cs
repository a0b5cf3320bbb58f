using LlmSim.Engine;
using LlmSim.Memory;
using Xunit;

namespace LlmSim.Tests.Memory;

public sealed class BlockPoolTests
{
    [Fact]
    public void The_least_recently_freed_block_is_taken_first_and_keeps_its_key_until_then()
    {
        var pool = new BlockPool(3);
        pool.Take(3);
        int[] blocks = [pool.Name(10), pool.Name(11), pool.Name(12)];

        pool.Release(blocks[1]);
        pool.Release(blocks[0]);

        Assert.Equal(2, pool.CountFound([10, 11, 99], taken: 0));
        pool.Take(1);
        Assert.Equal(-1, pool.Find(11));
        Assert.Equal(blocks[0], pool.Find(10));
        Assert.Equal((1, 1, 2), (pool.Evictions, pool.Free, pool.Used));
    }

    [Fact]
    public void A_found_block_is_shared_until_the_last_holder_lets_go()
    {
        var pool = new BlockPool(2);
        pool.Take(1);
        var block = pool.Name(7);
        pool.Hold(pool.Find(7));
        pool.Release(block);

        Assert.Equal(1, pool.Free);
        pool.Release(block);
        Assert.Equal(2, pool.Free);
        pool.RequireAllFree();
        Assert.Throws<InvariantViolationException>(() => pool.Release(block));
    }

    [Fact]
    public void A_pool_gives_no_more_than_it_has()
    {
        var pool = new BlockPool(1);
        pool.Take(1);

        Assert.Throws<InvariantViolationException>(() => pool.Take(1));
        Assert.Throws<InvariantViolationException>(pool.RequireAllFree);
    }

    [Fact]
    public void Blocks_without_a_name_keep_their_place_among_the_others()
    {
        var pool = new BlockPool(6);
        pool.Take(6);
        var (early, late) = (pool.Name(1), pool.Name(2));
        pool.Release(early);
        pool.ReleaseUnnamed(3);
        pool.Release(late);

        pool.Take(1);
        Assert.Equal((-1, late), (pool.Find(1), pool.Find(2)));
        Assert.Equal((1, 0), (pool.CountFound([2], taken: 3), pool.CountFound([2], taken: 4)));
        pool.Take(3);
        Assert.Equal(late, pool.Find(2));
        pool.Take(1);
        Assert.Equal(-1, pool.Find(2));
    }

    [Fact]
    public void A_pool_takes_memory_for_what_is_named_alone()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var pool = new BlockPool(1_000_000_000);
        pool.Take(999_999_999);

        Assert.Equal((1, 999_999_999), (pool.Free, pool.PeakUsed));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 10_000);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(40)]
    public void It_does_what_a_plain_list_does(int blocks)
    {
        var random = new RandomStream(5, "pool");
        var pool = new BlockPool(blocks);
        var model = new PlainPool(blocks);
        var named = new List<(int Block, int Model)>();
        var unnamed = new List<int>();
        for (var step = 0; step < 20_000; step++)
        {
            var key = (ulong)(1 + random.Next(12));
            var found = pool.Find(key);
            var expected = model.Find(key);
            Assert.Equal(expected >= 0, found >= 0);
            switch (random.Next(5))
            {
                case 0 when found >= 0:
                    pool.Hold(found);
                    model.Hold(expected);
                    named.Add((found, expected));
                    break;
                case 1 when pool.Free > 0:
                    var count = 1 + random.Next(Math.Min(4, pool.Free));
                    pool.Take(count);
                    unnamed.AddRange(Enumerable.Range(0, count).Select(_ => model.Take()));
                    break;
                case 2 when unnamed.Count > 0:
                    named.Add((pool.Name(key), unnamed[^1]));
                    model.Name(unnamed[^1], key);
                    unnamed.RemoveAt(unnamed.Count - 1);
                    break;
                case 3 when named.Count > 0:
                    var released = random.Next(named.Count);
                    pool.Release(named[released].Block);
                    model.Release(named[released].Model);
                    named.RemoveAt(released);
                    break;
                case 4 when unnamed.Count > 0:
                    var some = 1 + random.Next(unnamed.Count);
                    pool.ReleaseUnnamed(some);
                    unnamed.GetRange(0, some).ForEach(model.Release);
                    unnamed.RemoveRange(0, some);
                    break;
            }

            Assert.Equal(model.Free.Count, pool.Free);
            ulong[] keys = [key, 1 + (key % 12), 1 + ((key + 1) % 12)];
            var taken = random.Next(pool.Free + 1);
            Assert.Equal(model.CountFound(keys, taken), pool.CountFound(keys, taken));
        }

        Assert.True(pool.Evictions > 20, $"{pool.Evictions} evictions");
    }

    /// <summary>The same by searching lists.</summary>
    private sealed class PlainPool(int blocks)
    {
        private readonly int[] _holders = new int[blocks];
        private readonly ulong[] _keys = new ulong[blocks];

        public List<int> Free { get; } = [.. Enumerable.Range(0, blocks)];

        public int Find(ulong key) => Array.IndexOf(_keys, key);

        public int CountFound(ulong[] keys, int taken) =>
            keys.TakeWhile(key => Find(key) is >= 0 and var block && Free.IndexOf(block) is var place && (place < 0 || place >= taken))
                .Count();

        public void Hold(int block)
        {
            _holders[block]++;
            Free.Remove(block);
        }

        public void Name(int block, ulong key)
        {
            if (Find(key) is >= 0 and var older)
            {
                _keys[older] = 0;
            }

            _keys[block] = key;
        }

        public int Take()
        {
            var block = Free[0];
            Hold(block);
            _keys[block] = 0;
            return block;
        }

        public void Release(int block)
        {
            if (--_holders[block] == 0)
            {
                Free.Add(block);
            }
        }
    }
}
