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
        int[] blocks = [pool.Take(), pool.Take(), pool.Take()];
        for (var i = 0; i < 3; i++)
        {
            pool.Publish(blocks[i], (ulong)(10 + i));
        }

        pool.Release(blocks[1]);
        pool.Release(blocks[0]);

        Assert.Equal(2, pool.CountFound([10, 11, 99], taken: 0));
        Assert.Equal(blocks[1], pool.Take());
        Assert.Equal(-1, pool.Find(11));
        Assert.Equal(blocks[0], pool.Find(10));
        Assert.Equal((1, 1, 2), (pool.Evictions, pool.Free, pool.Used));
    }

    [Fact]
    public void A_found_block_is_shared_until_the_last_holder_lets_go()
    {
        var pool = new BlockPool(2);
        var block = pool.Take();
        pool.Publish(block, 7);
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
        pool.Take();

        Assert.Throws<InvariantViolationException>(() => pool.Take());
        Assert.Throws<InvariantViolationException>(pool.RequireAllFree);
    }

    [Fact]
    public void It_does_what_a_plain_list_does()
    {
        var random = new RandomStream(5, "pool");
        var pool = new BlockPool(8);
        var model = new PlainPool(8);
        for (var step = 0; step < 20_000; step++)
        {
            var key = (ulong)(1 + random.Next(12));
            Assert.Equal(model.Find(key), pool.Find(key));
            var found = pool.Find(key);
            var held = model.Held.ToArray();
            switch (random.Next(3))
            {
                case 0 when found >= 0:
                    pool.Hold(found);
                    model.Hold(found);
                    break;
                case 1 when found < 0 && pool.Free > 0:
                    var block = pool.Take();
                    Assert.Equal(model.Take(), block);
                    pool.Publish(block, key);
                    model.Keys[block] = key;
                    break;
                case 2 when held.Length > 0:
                    var released = held[random.Next(held.Length)];
                    pool.Release(released);
                    model.Release(released);
                    break;
            }

            Assert.Equal(model.Free.Count, pool.Free);
        }

        Assert.True(pool.Evictions > 1000, $"{pool.Evictions} evictions");
    }

    /// <summary>The same by searching lists.</summary>
    private sealed class PlainPool(int blocks)
    {
        private readonly int[] _holders = new int[blocks];

        public List<int> Free { get; } = [.. Enumerable.Range(0, blocks)];

        public ulong[] Keys { get; } = new ulong[blocks];

        public IEnumerable<int> Held =>
            Enumerable.Range(0, _holders.Length).Where(block => _holders[block] > 0);

        public int Find(ulong key) => Array.IndexOf(Keys, key);

        public void Hold(int block)
        {
            _holders[block]++;
            Free.Remove(block);
        }

        public int Take()
        {
            var block = Free[0];
            Hold(block);
            Keys[block] = 0;
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
