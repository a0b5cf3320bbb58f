namespace LlmSim.Workloads.Traces;

/// <summary>The names under which a trace has the fields of a request.</summary>
/// <param name="Arrival">Null when it has no times.</param>
/// <param name="Input">Prompt tokens.</param>
/// <param name="Output">Output tokens.</param>
/// <param name="HashIds">Null when it has none.</param>
internal sealed record TraceFields(string? Arrival, string Input, string Output, string? HashIds)
{
    private const string Allowed =
        "arrival=NAME, input=NAME, output=NAME, hash_ids=NAME, class=NAME, tenant=NAME, model=NAME, priority=NAME, deadline=NAME, adapter=NAME, schema=NAME, thinking=NAME, images=NAME, videos=NAME and audio=NAME, separated by commas, each at most once";

    private static readonly string[] s_keys =
    [
        "arrival",
        "input",
        "output",
        "hash_ids",
        "class",
        "tenant",
        "model",
        "priority",
        "deadline",
        "adapter",
        "schema",
        "thinking",
        ImagesKey,
        VideosKey,
        AudioKey,
    ];

    /// <summary>What the column of pictures is called.</summary>
    public const string ImagesKey = "images";

    /// <summary>What the column of videos is called.</summary>
    public const string VideosKey = "videos";

    /// <summary>What the column of recordings is called.</summary>
    public const string AudioKey = "audio";

    /// <summary>Who sends a request; null when no column says it.</summary>
    public OriginFields? Origin { get; private init; }

    /// <summary>The format's names, except those that <paramref name="columns" /> gives.</summary>
    /// <exception cref="UserErrorException">A column is not there, or a length has none.</exception>
    public static TraceFields Resolve(
        TraceFormat format,
        IReadOnlyDictionary<string, string> columns,
        FieldNames names
    )
    {
        foreach (var (key, name) in columns)
        {
            if (!names.Contains(name))
            {
                throw new UserErrorException(
                    $"columns: {key}={name}: no such column; found: {names}.{names.Suggestion(name)}"
                );
            }
        }

        string? Name(string key, IReadOnlyList<string> usual) =>
            columns.TryGetValue(key, out var name) ? name : names.Resolve(usual);

        string Required(string key, IReadOnlyList<string> usual) =>
            Name(key, usual)
            ?? throw new UserErrorException($"columns: no {key}=NAME; allowed: {Allowed}; found: {names}");

        return new TraceFields(
            Name(
                "arrival",
                [
                    .. format.Arrival,
                    .. format.Arrival.SelectMany(name =>
                        TimeUnits.FieldEndings.Select(unit => name + unit.Ending)
                    ),
                ]
            ),
            Required("input", format.Input),
            Required("output", format.Output),
            Name("hash_ids", format.HashIds)
        )
        {
            Origin = OriginFields.Of(columns),
        };
    }

    /// <summary>Reads "arrival=Timestamp,input=Request tokens".</summary>
    /// <exception cref="UserErrorException">The text is something else.</exception>
    public static IReadOnlyDictionary<string, string> ParseColumns(string? text)
    {
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text?.Split(',') ?? [])
        {
            var parts = pair.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts is not [var key, { Length: > 0 } name] || !columns.TryAdd(key, name))
            {
                throw new UserErrorException($"columns: found '{pair}'; allowed: {Allowed}");
            }

            if (!s_keys.Contains(key))
            {
                throw new UserErrorException(
                    $"columns: found '{key}'; allowed: {Allowed}.{Suggestion.For(key, s_keys)}"
                );
            }
        }

        return columns;
    }
}

/// <summary>The names under which a trace has who sends a request, each null when it has none.</summary>
/// <param name="Class">Class of the request.</param>
/// <param name="Tenant">The customer.</param>
/// <param name="Model">The model that is to answer.</param>
/// <param name="Priority">Rank among others.</param>
/// <param name="Deadline">Seconds from its sending.</param>
/// <param name="Adapter">The adapter that it asks for.</param>
/// <param name="Schema">The grammar of its output.</param>
/// <param name="Thinking">Output tokens before its answer.</param>
/// <param name="Images">Its pictures.</param>
/// <param name="Videos">Its videos.</param>
/// <param name="Audio">Its recordings.</param>
internal sealed record OriginFields(
    string? Class,
    string? Tenant,
    string? Model,
    string? Priority,
    string? Deadline,
    string? Adapter,
    string? Schema,
    string? Thinking,
    string? Images,
    string? Videos,
    string? Audio
)
{
    /// <summary>The columns that are given; null when there is none.</summary>
    public static OriginFields? Of(IReadOnlyDictionary<string, string> columns)
    {
        var fields = new OriginFields(
            columns.GetValueOrDefault("class"),
            columns.GetValueOrDefault("tenant"),
            columns.GetValueOrDefault("model"),
            columns.GetValueOrDefault("priority"),
            columns.GetValueOrDefault("deadline"),
            columns.GetValueOrDefault("adapter"),
            columns.GetValueOrDefault("schema"),
            columns.GetValueOrDefault("thinking"),
            columns.GetValueOrDefault(TraceFields.ImagesKey),
            columns.GetValueOrDefault(TraceFields.VideosKey),
            columns.GetValueOrDefault(TraceFields.AudioKey)
        );
        return fields == new OriginFields(null, null, null, null, null, null, null, null, null, null, null)
            ? null
            : fields;
    }
}
