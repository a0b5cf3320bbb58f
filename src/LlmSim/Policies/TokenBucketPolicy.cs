using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>
/// A token bucket for each tenant, as gateways limit tokens per minute: it fills at a rate up to a burst, and a request takes its tokens out. What is
/// longer than the bucket waits for a full one and leaves a debt.
/// </summary>
[Policy(
    "token_bucket",
    Decisions = PolicyDecisions.Admission,
    IgnoresTtftDeadline = true,
    Summary = "as many tokens (prompt, and output where it is predicted) as the tenant's bucket holds"
)]
internal sealed class TokenBucketPolicy : IAdmissionPolicy
{
    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    [PolicyOption(
        "rate",
        Min = 1e-3,
        Max = 1e12,
        Summary = "tokens per second that a tenant of weight 1 gets"
    )]
    public double Rate { get; set; } = 1000;

    [PolicyOption(
        "burst",
        Min = 1,
        Max = 1e12,
        Summary = "tokens that the bucket of a tenant of weight 1 holds"
    )]
    public double Burst { get; set; } = 60_000;

    public bool Admit(in AdmissionContext context)
    {
        var request = context.Request;
        var size = Burst * request.Weight;
        if (!_buckets.TryGetValue(request.Tenant, out var bucket))
        {
            bucket = new Bucket(size, context.Now);
        }

        var filled = bucket.Tokens + (Rate * request.Weight * (context.Now - bucket.Since).Seconds);
        var tokens = Math.Min(size, filled);
        var cost = request.PromptTokens + (double)(request.PredictedOutputTokens ?? 0);
        var admits = tokens >= cost || tokens >= size;
        _buckets[request.Tenant] = new Bucket(admits ? tokens - cost : tokens, context.Now);
        return admits;
    }

    private readonly record struct Bucket(double Tokens, SimTime Since);
}
