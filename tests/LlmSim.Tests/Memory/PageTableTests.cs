using LlmSim.Kernel;
using LlmSim.Memory;
using Xunit;

namespace LlmSim.Tests.Memory;

public sealed class PageTableTests
{
    [Theory]
    [InlineData(1UL)]
    [InlineData(1UL << 20)]
    [InlineData(0x9E3779B97F4A7C15UL)]
    public void It_holds_what_a_dictionary_holds(ulong spread)
    {
        // Multiples of a power of two all have the same place in a small table.
        var random = new RandomStream(3, "pages");
        var table = new PageTable();
        var expected = new Dictionary<ulong, int>();
        for (var step = 0; step < 20_000; step++)
        {
            var page = (ulong)(1 + random.Next(300)) * spread;
            if (expected.ContainsKey(page) && random.Next(2) == 0)
            {
                table.Remove(page);
                expected.Remove(page);
            }
            else
            {
                table.Set(page, step + 1);
                expected[page] = step + 1;
            }

            var asked = (ulong)(1 + random.Next(300)) * spread;
            Assert.Equal(expected.GetValueOrDefault(asked), table.Find(asked));
        }

        Assert.All(expected, entry => Assert.Equal(entry.Value, table.Find(entry.Key)));
    }
}
