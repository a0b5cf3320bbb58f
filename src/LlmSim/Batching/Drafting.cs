using LlmSim.Kernel;
using LlmSim.Performance;

namespace LlmSim.Batching;

/// <summary>
/// How many iterations requests take under speculative decoding. Each has random numbers of its own, so that whom it shares a batch with does
/// not change them.
/// </summary>
internal sealed class Drafting
{
    private readonly ulong _seed;
    private readonly ulong[] _thresholds;
    private readonly Dictionary<string, ulong[]> _thresholdsByClass;

    public Drafting(SpeculationSpec spec, long seed)
    {
        _seed = new RandomStream(seed, "acceptance").NextBits();
        Tokens = spec.DraftTokens;
        MeanTokensPerIteration = spec.MeanTokensPerIteration;
        _thresholds = Thresholds(spec.Reached(spec.Acceptance));
        _thresholdsByClass = spec.AcceptanceByClass.ToDictionary(
            pair => pair.Key,
            pair => Thresholds(spec.Reached(pair.Value))
        );
    }

    /// <summary>Tokens that are drafted of a request in an iteration.</summary>
    public int Tokens { get; }

    /// <summary>Tokens that a request of no class gets in an iteration on average.</summary>
    public double MeanTokensPerIteration { get; }

    /// <summary>How a request comes to the tokens that it is owed.</summary>
    public DecodePace Pace(Request request, int tokens)
    {
        var thresholds = _thresholdsByClass.GetValueOrDefault(request.Origin.Class, _thresholds);
        var state = Mix(_seed ^ Mix((ulong)request.Id) ^ ((ulong)request.GeneratedTokens << 32));
        var (given, iterations) = (0, 0);
        while (given < tokens)
        {
            // SplitMix64: one step and one scramble a draw.
            state += 0x9E3779B97F4A7C15UL;
            var draw = Mix(state);
            given++;
            iterations++;
            // Thresholds fall: as many are above a draw as drafts are accepted. No jump here is to be guessed.
            foreach (var threshold in thresholds)
            {
                given += draw < threshold ? 1 : 0;
            }
        }

        return new(tokens, iterations);
    }

    /// <summary>By position: a draw of 64 bits below it means that the drafts up to there are accepted.</summary>
    private static ulong[] Thresholds(double[] reached) =>
        Array.ConvertAll(reached, share => share >= 1 ? ulong.MaxValue : (ulong)(share * Math.Pow(2, 64)));

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9UL;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBUL;
        return bits ^ (bits >> 31);
    }
}
