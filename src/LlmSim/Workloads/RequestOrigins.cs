namespace LlmSim.Workloads;

/// <summary>One object for all requests that come from the same sender.</summary>
internal sealed class RequestOrigins
{
    private readonly Dictionary<RequestOrigin, RequestOrigin> _known = [];
    private RequestOrigin? _last;

    /// <summary>As in vLLM, any; beyond a billion either way is a typing error.</summary>
    public static FigureRange PriorityRange { get; } = new(-1e9, 1e9);

    /// <summary>Of the weight of a sender.</summary>
    public static FigureRange WeightRange { get; } = new(0, 1e9, IsAboveLeast: true);

    /// <summary>The sender that has these; null when nothing is said of it.</summary>
    public RequestOrigin? Of(
        string? name,
        string? tenant,
        double? priority,
        double? weight = null,
        double? ttftSloSeconds = null,
        double? tpotSloSeconds = null,
        double? deadlineSeconds = null,
        string? model = null
    )
    {
        if (
            name is null
            && tenant is null
            && model is null
            && (priority ?? weight ?? ttftSloSeconds ?? tpotSloSeconds ?? deadlineSeconds) is null
        )
        {
            return null;
        }

        var origin = new RequestOrigin
        {
            Class = name ?? RequestOrigin.DefaultClass,
            Tenant = tenant ?? RequestOrigin.DefaultClass,
            Model = model,
            Priority = (int)(priority ?? 0),
            Weight = weight ?? 1,
            TtftSloSeconds = ttftSloSeconds,
            TpotSloSeconds = tpotSloSeconds,
            DeadlineSeconds = deadlineSeconds,
        };
        if (origin == _last)
        {
            return _last;
        }

        if (!_known.TryGetValue(origin, out var known))
        {
            _known.Add(origin, known = origin);
        }

        return _last = known;
    }
}
