using LlmSim.Workloads;

namespace LlmSim.Metrics;

/// <summary>Collects figures by class and tenant, of requests whose sender is known or followed.</summary>
internal sealed class ServiceRecorder
{
    private readonly Dictionary<string, GroupRecorder> _classes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GroupRecorder> _tenants = new(StringComparer.Ordinal);
    private bool _hasOrigins;

    public long Retries { get; set; }

    public long Failovers { get; set; }

    public void Arrive(Request request)
    {
        if (!request.IsMeasured)
        {
            return;
        }

        _hasOrigins |= request.Origin != RequestOrigin.Unknown;
        Class(request.Origin).Arrive();
        Tenant(request.Origin).Arrive();
    }

    public void Leave(Request request, Outcome outcome)
    {
        if (request.IsMeasured)
        {
            Class(request.Origin).Leave(outcome);
            Tenant(request.Origin).Leave(outcome);
        }
    }

    public void Finish(Request request, double ttftSeconds, double tpotSeconds, in SlosMet met)
    {
        Class(request.Origin).Finish(request, ttftSeconds, tpotSeconds, met);
        Tenant(request.Origin).Finish(request, ttftSeconds, tpotSeconds, met);
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
