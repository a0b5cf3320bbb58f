using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// Gives some of the requests a grammar of their output, one of a few that are named schema0, schema1, …, all alike. They are drawn from the stream <c>schemas</c> of the seed; the
/// requests of a conversation have one.
/// </summary>
internal sealed class SchemaChoice
{
    private readonly double _share;
    private readonly string[] _names;

    /// <summary>So many schemas.</summary>
    /// <param name="share">Share of the requests that have one, above 0 and up to 1.</param>
    /// <param name="count">At least 1.</param>
    /// <exception cref="UserErrorException">One of them is not allowed.</exception>
    public SchemaChoice(double share, int count)
    {
        WorkloadParameter.Require(FigureRanges.PositiveShare, "structured_share", share);
        WorkloadParameter.Require(CountRange, "structured_schemas", count);
        _share = share;
        _names = [.. Enumerable.Range(0, count).Select(i => FormattableString.Invariant($"schema{i}"))];
    }

    /// <summary>More are not told apart by a run of any length.</summary>
    public static FigureRange CountRange { get; } = new(1, 1_000_000);

    /// <summary>The same requests, some with a schema.</summary>
    public IEnumerable<RequestSpec> Apply(IEnumerable<RequestSpec> requests, long seed)
    {
        var random = new RandomStream(seed, "schemas");
        foreach (var request in requests)
        {
            // As many numbers for each request, whether it has a schema or not.
            var (has, name) = (random.NextDouble() < _share, _names[random.Next(_names.Length)]);
            yield return has
                ? request with
                {
                    Traits = (request.Traits ?? new()) with { Schema = name },
                }
                : request;
        }
    }
}
