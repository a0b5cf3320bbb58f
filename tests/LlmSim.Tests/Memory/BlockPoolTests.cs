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

    [Theory]
    [InlineData(8, 12)]
    [InlineData(300, 1000)]
    public void It_does_what_a_plain_list_does(int blocks, int keys)
    {
        var random = new RandomStream(5, "pool");
        var pool = new BlockPool(blocks);
        var model = new PlainPool(blocks);
        for (var step = 0; step < 20_000; step++)
        {
            // At first without keys, when the block used last is taken first.
            var hasKeys = step > 200;
            var key = (ulong)(1 + random.Next(keys));
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
                    if (hasKeys)
                    {
                        pool.Publish(block, key);
                        model.Keys[block] = key;
                    }

                    break;
                case 2 when held.Length > 0:
                    var released = held[random.Next(held.Length)];
                    pool.Release(released);
                    model.Release(released);
                    break;
            }

            Assert.Equal(model.Free.Count, pool.Free);
            ulong[] prefix = [.. Enumerable.Range(0, 3).Select(_ => (ulong)(1 + random.Next(keys)))];
            var taken = random.Next(pool.Free + 1);
            Assert.Equal(model.CountFound(prefix, taken), pool.CountFound(prefix, taken));
        }

        Assert.True(pool.Evictions > 100, $"{pool.Evictions} evictions");
    }

    [Fact]
    public void Blocks_that_were_never_taken_need_no_memory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var pool = new BlockPool(1_000_000_000);
        int[] blocks = [pool.Take(), pool.Take()];
        Array.ForEach(blocks, pool.Release);
        pool.RequireAllFree();

        Assert.Equal(1_000_000_000, pool.Free);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 2000);
    }

    /// <summary>The same by searching lists.</summary>
    private sealed class PlainPool(int blocks)
    {
        private readonly int[] _holders = new int[blocks + 1];

        public List<int> Free { get; } = [.. Enumerable.Range(1, blocks)];

        public ulong[] Keys { get; } = new ulong[blocks + 1];

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
                Free.Insert(Array.TrueForAll(Keys, key => key == 0) ? 0 : Free.Count, block);
            }
        }

        public int CountFound(ulong[] keys, int taken) =>
            keys.TakeWhile(key =>
                    Find(key) is > 0 and var block && Free.IndexOf(block) is var at && (at < 0 || at >= taken)
                )
                .Count();
    }
}
