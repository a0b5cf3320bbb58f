using System.Text.Json;

namespace LlmSim.Performance.Catalog;

/// <summary>An engine profile as a JSON object.</summary>
internal static class EngineProfileJson
{
    /// <summary>The folder of the catalog.</summary>
    public const string Folder = "engines";

    private const string Name = "name";
    private const string Kind = "kind";
    private const string BeforeVersion = "before_version";
    private const string Source = "source";

    /// <summary>The fields of the times.</summary>
    public static IReadOnlyList<(
        string Field,
        Func<EngineOverheads, double> Get,
        Func<EngineOverheads, double, EngineOverheads> With
    )> Times { get; } =
    [
        (
            "iteration_seconds",
            one => one.IterationSeconds,
            (one, value) => one with { IterationSeconds = value }
        ),
        ("layer_seconds", one => one.LayerSeconds, (one, value) => one with { LayerSeconds = value }),
        (
            "sequence_seconds",
            one => one.SequenceSeconds,
            (one, value) => one with { SequenceSeconds = value }
        ),
        ("prompt_seconds", one => one.PromptSeconds, (one, value) => one with { PromptSeconds = value }),
        (
            "eager_layer_seconds",
            one => one.EagerLayerSeconds,
            (one, value) => one with { EagerLayerSeconds = value }
        ),
        ("request_seconds", one => one.RequestSeconds, (one, value) => one with { RequestSeconds = value }),
    ];

    /// <summary>Reads a profile.</summary>
    /// <exception cref="UserErrorException">A field is missing, unknown or out of its range.</exception>
    public static EngineProfile Parse(Stream stream, string sourceName)
    {
        var fields = JsonFields.Read(stream, sourceName);
        fields.RequireOnly([Name, Kind, BeforeVersion, Source, .. Times.Select(time => time.Field)]);
        var kind = fields.Text(Kind);
        return new EngineProfile
        {
            Name = fields.Text(Name),
            Kind = EngineDefaults.Kinds.TryGetValue(kind, out var known)
                ? known
                : throw new UserErrorException(
                    $"{sourceName}: {Kind}: found '{kind}'; allowed: {string.Join(", ", EngineDefaults.Kinds.Keys)}"
                ),
            BeforeVersion = fields.Has(BeforeVersion) ? Before(fields.Text(BeforeVersion), sourceName) : "",
            Overheads = Times.Aggregate(
                EngineOverheads.None,
                (overheads, time) =>
                    fields.NumberOrNull(time.Field, EngineOverheads.Range) is { } seconds
                        ? time.With(overheads, seconds)
                        : overheads
            ),
            Source = fields.Text(Source),
        };
    }

    private static string Before(string version, string sourceName) =>
        Version.TryParse(version, out var parsed) && parsed.Build < 0
            ? version
            : throw new UserErrorException(
                $"{sourceName}: {BeforeVersion}: found '{version}'; allowed: MAJOR.MINOR, such as 0.14"
            );

    /// <summary>Writes a profile, with a line feed at its end.</summary>
    public static string Text(EngineProfile profile)
    {
        using var stream = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" })
        )
        {
            json.WriteStartObject();
            json.WriteString(Name, profile.Name);
            json.WriteString(Kind, EngineDefaults.Name(profile.Kind));
            if (profile.BeforeVersion.Length > 0)
            {
                json.WriteString(BeforeVersion, profile.BeforeVersion);
            }

            foreach (var time in Times.Where(time => time.Get(profile.Overheads) > 0))
            {
                json.WriteNumber(time.Field, time.Get(profile.Overheads));
            }

            json.WriteString(Source, profile.Source);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
