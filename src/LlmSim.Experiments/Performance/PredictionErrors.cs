using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Performance;

/// <summary>How far predictions were off on measured configurations that nothing was fitted to, by class.</summary>
/// <param name="Errors">The classes.</param>
internal sealed record PredictionErrors(IReadOnlyList<ClassErrors> Errors)
{
    private static readonly PredictionErrorsContext s_context = new(
        new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            RespectNullableAnnotations = true,
            WriteIndented = true,
            NewLine = "\n",
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }
    );

    private static readonly Lazy<PredictionErrors> s_builtIn = new(() =>
        EmbeddedCatalog.Parse("predictions", "errors", Read)
    );

    /// <summary>Those that come with the simulator.</summary>
    public static PredictionErrors BuiltIn => s_builtIn.Value;

    /// <summary>Reads a file of errors.</summary>
    /// <exception cref="UserErrorException">It is none.</exception>
    public static PredictionErrors Read(Stream stream, string source)
    {
        var json = Utf8Document.Read(stream, source, JsonFields.LargestBytes, "a file of errors");
        try
        {
            var errors = JsonSerializer.Deserialize(json.Span, s_context.PredictionErrors);
            return errors is not null && errors.IsWhole
                ? errors
                : throw new UserErrorException(
                    $"{source}: is no file of errors: a class or figure of it is missing"
                );
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{source}: is no file of errors: {e.Message}", e);
        }
    }

    /// <summary>Whether no element of a list is null, which the serializer lets through.</summary>
    private bool IsWhole =>
        Errors.All(one =>
            one is not null
            && one.Figures.All(figure => figure is not null)
            && one.Accelerators.All(accelerator => accelerator is not null)
        );

    /// <summary>The file, UTF-8.</summary>
    public byte[] Content() =>
        Encoding.UTF8.GetBytes(JsonSerializer.Serialize(this, s_context.PredictionErrors) + "\n");

    /// <summary>
    /// The errors of a figure for what is nearest to a subject: of its tier and family, first those of the same mode, then of them
    /// those of its accelerators, then those under the same load, then the most. Null where nothing of tier and family was measured.
    /// </summary>
    public FoundErrors? Find(PredictionSubject subject, string metric) =>
        Of(subject)
            .SelectMany(
                one => one.Figures.Where(figure => figure.Metric == metric),
                (one, figure) => new FoundErrors(one, figure)
            )
            .OrderByDescending(found => found.Class.Mode == subject.Mode)
            .ThenByDescending(found => subject.Accelerators.All(found.Class.Accelerators.Contains))
            .ThenByDescending(found => found.Class.Load == subject.Load)
            .ThenByDescending(found => found.Figure.Count)
            .FirstOrDefault();

    /// <summary>The classes of a subject's tier and family.</summary>
    public IEnumerable<ClassErrors> Of(PredictionSubject subject) =>
        Errors.Where(one => one.Tier == subject.Tier.Name() && one.Family == subject.Family);
}

/// <summary>The errors of a figure, and the class that they are of.</summary>
internal sealed record FoundErrors(ClassErrors Class, FigureErrors Figure);

/// <summary>The errors of one class, and what the measured configurations in it were.</summary>
internal sealed record ClassErrors
{
    /// <summary>What the predictions rested on.</summary>
    public required string Tier { get; init; }

    /// <summary>As <see cref="PredictionSubject.Family" />.</summary>
    public required string Family { get; init; }

    /// <summary>"mixed" or "disaggregated".</summary>
    public required string Mode { get; init; }

    /// <summary>"closed" or "open".</summary>
    public required string Load { get; init; }

    /// <summary>The file of the measurements.</summary>
    public required string Source { get; init; }

    /// <summary>When the errors were found.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>What found them.</summary>
    public required string Command { get; init; }

    /// <summary>Configurations, or stages of them.</summary>
    public required int Configurations { get; init; }

    /// <summary>Their accelerators.</summary>
    public required IReadOnlyList<string> Accelerators { get; init; }

    /// <summary>Their engines, with versions where those are known.</summary>
    public required IReadOnlyList<string> Engines { get; init; }

    /// <summary>Formats of their products and KV caches.</summary>
    public required IReadOnlyList<string> Precisions { get; init; }

    /// <summary>Accelerators of the largest instance.</summary>
    public required int MostAccelerators { get; init; }

    /// <summary>The errors by figure.</summary>
    public required IReadOnlyList<FigureErrors> Figures { get; init; }
}

/// <summary>The errors of one figure.</summary>
internal sealed record FigureErrors
{
    /// <summary>"ttft_mean", "tpot_mean" or "e2e_mean".</summary>
    public required string Metric { get; init; }

    /// <summary>Figures that were compared.</summary>
    public required int Count { get; init; }

    /// <summary>Median of |predicted − measured| / measured, in per cent.</summary>
    public required double MedianErrorPercent { get; init; }

    /// <summary>Nine in ten are not above it.</summary>
    public required double P90ErrorPercent { get; init; }

    /// <summary>
    /// By what a prediction is multiplied to get what was measured. Errors are lopsided (a bound is always too fast), and an error of
    /// −50 % means twice the time: quantiles of this ratio give ranges that hold, where ± |error| does not.
    /// </summary>
    public required RatioQuantiles MeasuredOverPredicted { get; init; }
}

/// <summary>Quantiles of measured / predicted: half of them lie between P25 and P75, nine in ten between P5 and P95.</summary>
internal sealed record RatioQuantiles(double P5, double P25, double P50, double P75, double P95);

/// <summary>Generated: no reflection, so that it costs little at start-up.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(PredictionErrors))]
internal sealed partial class PredictionErrorsContext : JsonSerializerContext;
