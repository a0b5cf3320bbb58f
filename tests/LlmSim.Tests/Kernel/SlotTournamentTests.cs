using LlmSim.Kernel;
using Xunit;

namespace LlmSim.Tests.Kernel;

public sealed class SlotTournamentTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(16, 3)]
    [InlineData(17, 1_000_000)]
    [InlineData(1000, 20)]
    public void The_first_is_that_of_a_sorted_list(int slots, int keys)
    {
        var random = new RandomStream(slots, "tournament");
        var tournament = new SlotTournament();
        var entries = new Dictionary<int, (long Key, ulong Tie)>();
        for (var i = 0UL; i < 20_000; i++)
        {
            var slot = random.Next(slots);
            if (entries.ContainsKey(slot) && random.Next(3) == 0)
            {
                entries.Remove(slot);
                tournament.Remove(slot);
            }
            else
            {
                // Later entries do not always have larger ties.
                var entry = ((long)random.Next(keys), i ^ 0x55);
                entries[slot] = entry;
                tournament.Set(slot, entry.Item1, entry.Item2);
            }

            if (entries.Count == 0)
            {
                Assert.InRange(tournament.LeastKey, SlotTournament.NoKey, long.MaxValue);
            }
            else
            {
                var (first, (key, _)) = entries.MinBy(item => item.Value);
                Assert.Equal((key, first), (tournament.LeastKey, tournament.First));
            }
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(SlotTournament.NoKey)]
    public void A_key_out_of_range_is_refused(long key) =>
        Assert.Throws<InvariantViolationException>(() => new SlotTournament().Set(0, key, 0));
}
