using LlmSim.Kernel;
using LlmSim.Memory;
using Xunit;

namespace LlmSim.Tests.Memory;

public sealed class BlockPoolTests
{
    private const int Slots = 8;

    [Fact]
    public void The_least_recently_freed_block_is_taken_first_and_keeps_its_name_until_then()
    {
        var pool = new BlockPool(3);
        pool.Take(3);
        var (one, other) = (Name(pool, 10, 0, 1), Name(pool, 11, 0, 2));
        pool.Release(other);
        pool.Release(one);

        Assert.Equal(3, pool.CountFound([10], 1, 1) + pool.CountFound([11], 2, 2));
        pool.Take(1);
        // Of a run the last block goes first: what follows it could not be found without it.
        Assert.Equal(1, pool.CountFound(11, 0));
        Assert.Equal(1, pool.CountFound(10, 0));
        Assert.Equal((1, 2, 1), (pool.Evictions, pool.Free, pool.Used));
    }

    [Fact]
    public void A_found_block_is_shared_until_the_last_holder_lets_go()
    {
        var pool = new BlockPool(2);
        pool.Take(1);
        var first = Name(pool, 7, 0, 1);
        var second = new List<HeldBlocks>();
        pool.Hold(7, 0, 1, second);
        pool.Release(first);

        Assert.Equal(1, pool.Free);
        pool.Release(second[0]);
        Assert.Equal(2, pool.Free);
        pool.RequireAllFree();
        Assert.Throws<InvariantViolationException>(() => pool.Release(first));
    }

    [Fact]
    public void A_pool_gives_no_more_than_it_has()
    {
        var pool = new BlockPool(1);
        pool.Take(1);

        Assert.Throws<InvariantViolationException>(() => pool.Take(1));
        Assert.Throws<InvariantViolationException>(pool.RequireAllFree);
        pool.ReleaseUnnamed(1);
        Assert.Throws<InvariantViolationException>(() => pool.ReleaseUnnamed(1));
    }

    [Fact]
    public void A_part_of_a_run_is_shared_without_the_rest()
    {
        var pool = new BlockPool(8);
        pool.Take(6);
        var first = Name(pool, 1, 0, 6);
        var second = new List<HeldBlocks>();
        pool.Hold(1, 0, 2, second);
        pool.Release(first);

        Assert.Equal((6, 2), (pool.Free, pool.Used));
        pool.Take(5);
        Assert.Equal(3, pool.CountFound(1, 0));
        pool.Release(second[0]);
        Assert.Equal(3, pool.CountFound(1, 0));
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
    [InlineData(10)]
    [InlineData(40)]
    [InlineData(200)]
    public void It_does_what_a_list_of_single_blocks_does(int blocks)
    {
        var random = new RandomStream(5, "pool");
        var pool = new BlockPool(blocks);
        var plain = new PlainPool(blocks);
        var held = new List<(List<HeldBlocks> Runs, List<int> Blocks)>();
        var unnamed = new List<int>();
        for (var step = 0; step < 20_000; step++)
        {
            var page = (ulong)(1 + random.Next(6));
            var slot = random.Next(Slots);
            Assert.Equal(plain.CountFound(page, slot), pool.CountFound(page, slot));
            switch (random.Next(6))
            {
                case 0 when plain.CountFound(page, slot) is > 0 and var found:
                {
                    var runs = new List<HeldBlocks>();
                    var count = 1 + random.Next(found);
                    pool.Hold(page, slot, count, runs);
                    held.Add((runs, plain.Hold(page, slot, count)));
                    break;
                }

                case 1 when pool.Free > 0:
                {
                    var count = 1 + random.Next(Math.Min(6, pool.Free));
                    pool.Take(count);
                    unnamed.AddRange(Enumerable.Range(0, count).Select(_ => plain.Take()));
                    break;
                }

                case 2 when unnamed.Count > 0:
                {
                    // Of a request that holds something it may become the next block.
                    var count = 1 + random.Next(Math.Min(unnamed.Count, Slots - slot));
                    var goesOn = held.Count > 0 && random.Next(2) == 0;
                    var (runs, own) = goesOn ? held[random.Next(held.Count)] : ([], []);
                    pool.Name(page, slot, count, runs);
                    own.AddRange(plain.Name(unnamed.GetRange(0, count), page, slot));
                    unnamed.RemoveRange(0, count);
                    if (!goesOn)
                    {
                        held.Add((runs, own));
                    }

                    break;
                }

                case 3 when held.Count > 0:
                {
                    var released = random.Next(held.Count);
                    var (runs, own) = held[released];
                    runs.Reverse();
                    runs.ForEach(pool.Release);
                    own.Reverse();
                    own.ForEach(plain.Release);
                    held.RemoveAt(released);
                    break;
                }

                case 4 when unnamed.Count > 0:
                {
                    var count = 1 + random.Next(unnamed.Count);
                    pool.ReleaseUnnamed(count);
                    unnamed.GetRange(0, count).ForEach(plain.Release);
                    unnamed.RemoveRange(0, count);
                    break;
                }

                case 5:
                {
                    ulong[] pages = [page, 1 + (page % 6)];
                    Assert.Equal(plain.CountFound(pages), pool.CountFound(pages, Slots, most: 2 * Slots));
                    var found = plain.CountFound(page, 0);
                    Assert.Equal(plain.CountFree(page, found), pool.CountFree(page, found));
                    if (plain.CountFound(page, slot) == 0)
                    {
                        Assert.Equal(plain.CountMissing(page, slot), pool.CountMissing(page, slot, Slots));
                    }

                    break;
                }
            }

            Assert.Equal((plain.Free.Count, plain.Evictions), (pool.Free, pool.Evictions));
        }

        Assert.True(pool.Evictions > 100, $"{pool.Evictions} evictions");
    }

    private static HeldBlocks Name(BlockPool pool, ulong page, int slot, int count)
    {
        var held = new List<HeldBlocks>();
        pool.Name(page, slot, count, held);
        return Assert.Single(held);
    }

    /// <summary>The same block by block, by searching lists.</summary>
    private sealed class PlainPool(int blocks)
    {
        private readonly int[] _holders = new int[blocks];
        private readonly (ulong Page, int Slot)[] _names = new (ulong, int)[blocks];

        public List<int> Free { get; } = [.. Enumerable.Range(0, blocks)];

        public long Evictions { get; private set; }

        public int CountFound(ulong page, int slot) =>
            Enumerable.Range(slot, Slots - slot).TakeWhile(s => Find(page, s) >= 0).Count();

        public int CountFound(ulong[] pages) =>
            pages
                .SelectMany(page => Enumerable.Range(0, Slots).Select(slot => Find(page, slot)))
                .TakeWhile(block => block >= 0)
                .Count();

        public int CountFree(ulong page, int slots) =>
            Enumerable.Range(0, slots).Count(slot => _holders[Find(page, slot)] == 0);

        public int CountMissing(ulong page, int slot) =>
            Enumerable.Range(slot, Slots - slot).TakeWhile(s => Find(page, s) < 0).Count();

        public List<int> Hold(ulong page, int slot, int count)
        {
            List<int> held = [.. Enumerable.Range(slot, count).Select(s => Find(page, s))];
            held.ForEach(Hold);
            return held;
        }

        public List<int> Name(List<int> named, ulong page, int slot)
        {
            for (var i = 0; i < named.Count; i++)
            {
                if (Find(page, slot + i) is >= 0 and var older)
                {
                    _names[older] = default;
                }

                _names[named[i]] = (page, slot + i);
            }

            return named;
        }

        public int Take()
        {
            var block = Free[0];
            Hold(block);
            Evictions += _names[block].Page > 0 ? 1 : 0;
            _names[block] = default;
            return block;
        }

        public void Release(int block)
        {
            if (--_holders[block] == 0)
            {
                Free.Add(block);
            }
        }

        private int Find(ulong page, int slot) => Array.IndexOf(_names, (page, slot));

        private void Hold(int block)
        {
            _holders[block]++;
            Free.Remove(block);
        }
    }
}
