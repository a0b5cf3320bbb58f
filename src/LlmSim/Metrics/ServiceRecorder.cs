using LlmSim.Workloads;

namespace LlmSim.Metrics;

/// <summary>Collects figures by class, tenant and model, of requests whose sender is known or followed.</summary>
/// <param name="ownModel">Name of the model of the cluster; null where it serves no other.</param>
internal sealed class ServiceRecorder(string? ownModel)
{
    private readonly Dictionary<string, GroupRecorder> _classes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GroupRecorder> _tenants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GroupRecorder> _models = new(StringComparer.Ordinal);
    private bool _hasOrigins;
    private RequestOrigin _lastOrigin = RequestOrigin.Unknown;

    public long Retries { get; set; }

    public long Failovers { get; set; }

    public void Arrive(Request request)
    {
        if (!request.IsMeasured)
        {
            return;
        }

        LookFor(request.Origin);
        Class(request.Origin).Arrive();
        Tenant(request.Origin).Arrive();
        Model(request)?.Arrive();
    }

    public void Leave(Request request, Outcome outcome)
    {
        if (request.IsMeasured)
        {
            Class(request.Origin).Leave(outcome);
            Tenant(request.Origin).Leave(outcome);
            Model(request)?.Leave(outcome);
        }
    }

    public void Finish(Request request, double ttftSeconds, double tpotSeconds, in SlosMet met)
    {
        Class(request.Origin).Finish(request, ttftSeconds, tpotSeconds, met);
        Tenant(request.Origin).Finish(request, ttftSeconds, tpotSeconds, met);
        Model(request)?.Finish(request, ttftSeconds, tpotSeconds, met);
    }

    public ServiceSummary Summarize(TokenCounts tokens, double seconds) =>
        new()
        {
            Retries = Retries,
            Failovers = Failovers,
            Conversations = 0,
            ConversationsBrokenOff = 0,
            TurnsNotSent = 0,
            ComputedTokens = tokens.Computed,
            UsefulTokens = tokens.Useful,
            RecomputedTokens = tokens.Recomputed,
            WastedTokens = tokens.Wasted,
            JainIndex = _hasOrigins ? JainIndex() : double.NaN,
            Classes = _hasOrigins ? Summaries(_classes, seconds) : [],
            Tenants = _hasOrigins ? Summaries(_tenants, seconds) : [],
            Models = ownModel is null ? null : Summaries(_models, seconds),
        };

    private static GroupSummary[] Summaries(Dictionary<string, GroupRecorder> groups, double seconds)
    {
        var allTokens = groups.Values.Sum(group => group.Tokens);
        return
        [
            .. groups
                .Values.OrderBy(group => group.Name, StringComparer.Ordinal)
                .Select(group => group.Summarize(allTokens, seconds)),
        ];
    }

    private double JainIndex()
    {
        var shares = _tenants.Values.Select(tenant => tenant.Tokens / tenant.Weight).ToArray();
        var squares = shares.Sum(share => share * share);
        return squares == 0 ? double.NaN : Math.Pow(shares.Sum(), 2) / (shares.Length * squares);
    }

    /// <summary>Whether somebody sends it: that a request names a model says nothing of whom it is from.</summary>
    private void LookFor(RequestOrigin origin)
    {
        if (!ReferenceEquals(origin, _lastOrigin))
        {
            _lastOrigin = origin;
            _hasOrigins |= origin with { Model = null } != RequestOrigin.Unknown;
        }
    }

    private GroupRecorder? Model(Request request) =>
        ownModel is null ? null : Find(_models, request.Model ?? ownModel, weight: 1);

    private GroupRecorder Class(RequestOrigin origin) => Find(_classes, origin.Class, origin.Weight);

    private GroupRecorder Tenant(RequestOrigin origin) => Find(_tenants, origin.Tenant, origin.Weight);

    private static GroupRecorder Find(Dictionary<string, GroupRecorder> groups, string name, double weight)
    {
        if (!groups.TryGetValue(name, out var group))
        {
            group = new GroupRecorder(name, weight);
            groups.Add(name, group);
        }

        return group;
    }
}
