using LlmSim.Kernel;
using LlmSim.Workloads;

namespace LlmSim.Testing;

/// <summary>Random requests that begin with the same blocks as others, some at the same instant.</summary>
/// <param name="Count">How many.</param>
/// <param name="Rate">Arrivals a second between instants.</param>
/// <param name="LongestPrompt">Most tokens of a prompt.</param>
/// <param name="LongestOutput">Most tokens of an output.</param>
/// <param name="Contents">Different beginnings.</param>
/// <param name="HashBlockTokens">Tokens of a block.</param>
/// <param name="BlocksBeyondPrompt">By how many blocks what is shared may be longer than the whole blocks of a prompt: 1 shares the last part too.</param>
internal readonly record struct SharedPrefixRequests(
    int Count,
    double Rate,
    int LongestPrompt,
    int LongestOutput,
    int Contents,
    int HashBlockTokens,
    int BlocksBeyondPrompt
)
{
    /// <summary>Draws them.</summary>
    public static List<RequestSpec> Draw(RandomStream random, in SharedPrefixRequests what)
    {
        var blockTokens = what.HashBlockTokens;
        var seconds = 0.0;
        var requests = new List<RequestSpec>();
        for (var id = 0; id < what.Count; id++)
        {
            seconds += random.Next(4) == 0 ? 0 : random.NextExponential(what.Rate);
            var input = 1 + random.Next(what.LongestPrompt);
            var content = random.Next(what.Contents);
            var shared = random.Next((input / blockTokens) + 1 + what.BlocksBeyondPrompt);
            var hashIds = Enumerable
                .Range(0, ((input - 1) / blockTokens) + 1)
                .Select(block => block < shared ? (content * 1000) + block : 100_000 + (id * 1000) + block);
            requests.Add(
                new RequestSpec(
                    id,
                    SimTime.FromSeconds(seconds),
                    input,
                    1 + random.Next(what.LongestOutput),
                    [.. hashIds],
                    blockTokens
                )
            );
        }

        return requests;
    }
}
