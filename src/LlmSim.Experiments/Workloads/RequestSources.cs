using LlmSim.Workloads.Traces;

namespace LlmSim.Experiments.Workloads;

/// <summary>The values of <c>request_source</c>: the synthetic sources, the formats of traces, and <c>trace</c> for any of these.</summary>
internal static class RequestSources
{
    /// <summary>All names, synthetic sources first.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. Synthetic().Select(Name),
        Name(RequestSource.Trace),
        .. TraceFormat.All.Select(format => format.Name),
    ];

    /// <summary>Sources of conversations, whose values stand behind their name.</summary>
    public static IReadOnlyList<RequestSource> OfConversations { get; } =
    [RequestSource.Chat, RequestSource.Agent];

    /// <summary>A source by its name; for a trace with the name of its format, if there is to be one.</summary>
    /// <exception cref="UserErrorException">There is no such source.</exception>
    public static (RequestSource Source, string? Format) Parse(string text)
    {
        var name = text.ToLowerInvariant();
        if (name == Name(RequestSource.Mix))
        {
            return (RequestSource.Mix, null);
        }

        foreach (var source in OfConversations)
        {
            if (name.StartsWith($"{Name(source)}:", StringComparison.Ordinal))
            {
                return (source, null);
            }
        }

        if (!Names.Contains(name))
        {
            throw new UserErrorException(
                $"request_source: found '{text}'; allowed: {string.Join(", ", Names)}.{Suggestion.For(text, Names)}"
            );
        }

        if (TraceFormat.All.Any(format => format.Name == name))
        {
            return (RequestSource.Trace, name);
        }

        return (Enum.GetValues<RequestSource>().Single(source => Name(source) == name), null);
    }

    internal static string Name(RequestSource source) => source.ToString().ToLowerInvariant();

    private static IEnumerable<RequestSource> Synthetic() =>
        [
            RequestSource.Conversation,
            RequestSource.Zipfian,
            RequestSource.Lognormal,
            RequestSource.Uniform,
            RequestSource.Chat,
            RequestSource.Agent,
        ];
}
