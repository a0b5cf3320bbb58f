using LlmSim.Kernel;

namespace LlmSim.Performance;

/// <summary>
/// Which rank has which experts: one after the other, as engines load them, or balanced by replicas of those that many tokens go to. Each rank is a list
/// of the chances that a token comes to each of its slots.
/// </summary>
internal static class ExpertPlacement
{
    /// <summary>Orders of experts over which the mean is taken where a law does not say which expert is the popular one.</summary>
    public const int Orders = 32;

    /// <summary>The placements of one row of chances, or of several orders of it.</summary>
    /// <param name="chances">The chance of each expert to be among those of a token.</param>
    /// <param name="ranks">Ranks.</param>
    /// <param name="redundant">Slots beyond one for each expert.</param>
    /// <param name="hasOrder">Whether the experts lie on the ranks in this order.</param>
    public static IEnumerable<double[][]> Of(double[] chances, int ranks, int redundant, bool hasOrder)
    {
        if (redundant > 0)
        {
            return [Balanced(chances, ranks, redundant)];
        }

        return hasOrder ? [Linear(chances, ranks)] : Shuffled(chances, ranks);
    }

    /// <summary>Neighbours on one rank.</summary>
    public static double[][] Linear(double[] chances, int ranks) =>
        [.. chances.Chunk(chances.Length / ranks)];

    /// <summary>
    /// DeepSeek's balancer over all ranks (github.com/deepseek-ai/EPLB, its global policy): each further slot goes to the expert that has the most load a
    /// replica; then the slots, the heaviest first, go each to the rank with the least load that has a place.
    /// </summary>
    public static double[][] Balanced(double[] chances, int ranks, int redundant)
    {
        var replicas = new int[chances.Length];
        Array.Fill(replicas, 1);
        var heaviest = new PriorityQueue<int, (double, int)>(
            chances.Select((chance, i) => (i, (-chance, i)))
        );
        for (var i = 0; i < redundant; i++)
        {
            var expert = heaviest.Dequeue();
            replicas[expert]++;
            heaviest.Enqueue(expert, (-chances[expert] / replicas[expert], expert));
        }

        var places = (chances.Length + redundant) / ranks;
        var lightest = new PriorityQueue<int, (double, int)>(
            Enumerable.Range(0, ranks).Select(rank => (rank, (0.0, rank)))
        );
        var slots = new List<double>[ranks];
        for (var rank = 0; rank < ranks; rank++)
        {
            slots[rank] = new(places);
        }

        var all = chances.SelectMany((chance, i) => Enumerable.Repeat(chance / replicas[i], replicas[i]));
        foreach (var slot in all.OrderDescending())
        {
            var rank = lightest.Dequeue();
            slots[rank].Add(slot);
            if (slots[rank].Count < places)
            {
                lightest.Enqueue(rank, (slots[rank].Sum(), rank));
            }
        }

        return [.. slots.Select(slot => slot.ToArray())];
    }

    /// <summary>The same orders in every run.</summary>
    private static IEnumerable<double[][]> Shuffled(double[] chances, int ranks)
    {
        var random = new RandomStream(0, "expert placement");
        for (var i = 0; i < Orders; i++)
        {
            var order = (double[])chances.Clone();
            random.Permute<double>(order);
            yield return Linear(order, ranks);
        }
    }
}
