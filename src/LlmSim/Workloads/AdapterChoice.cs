using System.Globalization;
using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <summary>
/// Gives each request one of some adapters, named adapter0, adapter1, …, the first the most popular. They are drawn from the stream <c>adapters</c> of the seed; the
/// requests of a conversation have one.
/// </summary>
internal sealed class AdapterChoice
{
    /// <summary>All alike.</summary>
    public const string Uniform = "uniform";

    private const string Zipf = "zipf:";

    private readonly RequestTraits?[] _traits;
    private readonly ZipfLengths? _law;

    /// <summary>So many adapters.</summary>
    /// <param name="count">At least 1.</param>
    /// <param name="popularity">"uniform", or "zipf:S": the k-th one is asked for in proportion to k^−S.</param>
    /// <exception cref="UserErrorException">One of them is not allowed.</exception>
    public AdapterChoice(int count, string popularity)
    {
        WorkloadParameter.Require(CountRange, "adapters", count);
        _traits = new RequestTraits?[count];
        if (popularity == Uniform)
        {
            return;
        }

        _law =
            popularity.StartsWith(Zipf, StringComparison.Ordinal)
            && double.TryParse(
                popularity.AsSpan(Zipf.Length),
                NumberStyles.Float,
                CultureInfo.InvariantCulture,
                out var exponent
            )
            && ZipfLengths.ExponentRange.Contains(exponent)
                ? new ZipfLengths(exponent, count)
                : throw new UserErrorException(
                    $"adapter_popularity: found '{popularity}'; allowed: {Uniform}, or {Zipf}S with S {ZipfLengths.ExponentRange}"
                );
    }

    /// <summary>More are not told apart by a run of any length.</summary>
    public static FigureRange CountRange { get; } = new(1, 1_000_000);

    /// <summary>The same requests, each with an adapter.</summary>
    public IEnumerable<RequestSpec> Apply(IEnumerable<RequestSpec> requests, long seed)
    {
        var random = new RandomStream(seed, "adapters");
        foreach (var request in requests)
        {
            var number = _law is null ? random.Next(_traits.Length) : _law.Sample(random) - 1;
            var adapter = _traits[number] ??= new()
            {
                Adapter = FormattableString.Invariant($"adapter{number}"),
            };
            yield return request with
            {
                Traits = request.Traits is null ? adapter : request.Traits with { Adapter = adapter.Adapter },
            };
        }
    }
}
