using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// Endless workloads with drawn lengths; take as many requests as needed, and give them arrivals with
/// <see cref="ArrivalProcess" />. Prompts draw from the stream <c>lengths</c> of the seed, outputs from <c>outputs</c>.
/// All requests arrive at 0 and have no hash ids: prompts share no prefix.
/// </summary>
internal static class SyntheticWorkload
{
    /// <summary>The longest prompt unless said otherwise: the context of Llama 3.3.</summary>
    public const int DefaultMaxTokens = 131_072;

    /// <summary>Prompt and output lengths that are independent of each other.</summary>
    public static IEnumerable<RequestSpec> Independent(
        ILengthDistribution inputLengths,
        ILengthDistribution outputLengths,
        long seed
    )
    {
        var lengths = new RandomStream(seed, "lengths");
        var outputs = new RandomStream(seed, "outputs");
        for (var id = 0L; ; id++)
        {
            yield return new RequestSpec(
                id,
                SimTime.Zero,
                inputLengths.Sample(lengths),
                outputLengths.Sample(outputs)
            );
        }
    }

    /// <summary>Output lengths that are a function of the prompt's, at least 1.</summary>
    public static IEnumerable<RequestSpec> FromInput(
        ILengthDistribution inputLengths,
        Func<int, int> outputLength,
        long seed
    )
    {
        var lengths = new RandomStream(seed, "lengths");
        for (var id = 0L; ; id++)
        {
            var inputTokens = inputLengths.Sample(lengths);
            yield return new RequestSpec(id, SimTime.Zero, inputTokens, outputLength(inputTokens));
        }
    }
}
