using System.Globalization;
using System.Text.Json;
using LlmSim.Performance.Catalog;

namespace LlmSim.Experiments.Validation.Bench;

/// <summary>Reads results of load tests; their content says which tool wrote them.</summary>
internal static class BenchReader
{
    /// <summary>The results of the files in their order; at least one.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="rangeRatio">Shortest lengths as a share of the longest in results that only have totals or means.</param>
    /// <exception cref="UserErrorException">A file is wrong; the message says where and what.</exception>
    public static IReadOnlyList<BenchResult> Read(IReadOnlyList<string> paths, double rangeRatio = 1)
    {
        var twice = paths.GroupBy(Path.GetFullPath).FirstOrDefault(group => group.Count() > 1);
        if (paths.FirstOrDefault(path => paths.Contains(AiperfResult.Beside(path))) is { } half)
        {
            throw new UserErrorException(
                $"--bench: {half} and {AiperfResult.Beside(half)} are of one run; give one of them, and the other is found"
            );
        }

        return twice is null
            ? [.. paths.SelectMany(path => ReadFile(path, rangeRatio))]
            : throw new UserErrorException($"--bench: {twice.First()} is given twice");
    }

    private static IReadOnlyList<BenchResult> ReadFile(string path, double rangeRatio)
    {
        try
        {
            return Results(path, rangeRatio);
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException($"{path}: has text that is not Unicode", e);
        }
    }

    private static IReadOnlyList<BenchResult> Results(string path, double rangeRatio)
    {
        var objects = Objects(path);
        if (AiperfRecords.Is(objects[0]))
        {
            return [AiperfResult.Of(path, objects)];
        }

        if (objects is [var alone] && AiperfResult.Is(alone))
        {
            return [AiperfResult.Of(path, alone, rangeRatio)];
        }

        // vllm bench serve --append-result writes one behind the other.
        return
        [
            .. objects.Select(result =>
                VllmBenchResult.Is(result) ? VllmBenchResult.Of(result, rangeRatio) : throw Unknown(result)
            ),
        ];
    }

    /// <summary>The JSON objects of a file, one after another; at least one.</summary>
    public static IReadOnlyList<JsonFields> Objects(string path)
    {
        var reader = new Utf8JsonReader(
            PythonJson.Quoted(Bytes(path)).Span,
            new JsonReaderOptions { AllowMultipleValues = true }
        );
        var objects = new List<JsonElement>();
        try
        {
            while (reader.Read())
            {
                objects.Add(JsonElement.ParseValue(ref reader));
            }
        }
        catch (JsonException e)
        {
            var hint = path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
                ? " AIPerf writes a profile_export_aiperf.json beside its CSV: give that one."
                : "";
            throw new UserErrorException(
                string.Create(CultureInfo.InvariantCulture, $"{path}:{e.LineNumber + 1}: is not JSON.{hint}"),
                e
            );
        }

        if (objects.Count == 0)
        {
            throw new UserErrorException($"{path}: is empty; allowed: the JSON of a load test");
        }

        return
        [
            .. objects.Select(
                (one, i) =>
                {
                    var where =
                        objects.Count == 1
                            ? path
                            : string.Create(CultureInfo.InvariantCulture, $"{path}#{i + 1}");
                    return one.ValueKind == JsonValueKind.Object
                        ? new JsonFields(where, one)
                        : throw new UserErrorException(
                            $"{where}: found {one.ValueKind.ToString().ToLowerInvariant()}; allowed: an object {{ … }}, the result of a load test"
                        );
                }
            ),
        ];
    }

    private static ReadOnlySpan<byte> Bytes(string path)
    {
        var limits = InputLimits.Current;
        using var stream = InputFile.Open(path, limits, limits.ReportBytes);
        return Utf8Document.Read(stream, path, limits.ReportBytes, "the result of a load test").Span;
    }

    private static UserErrorException Unknown(JsonFields result) =>
        new(
            $"{result.Where}: is no result of a load test: it has {result.FirstNames}; allowed: what vllm bench serve --save-result writes (duration, "
                + "completed, total_input_tokens, …), profile_export_aiperf.json or profile_export.jsonl of AIPerf, profile_export_genai_perf.json"
        );
}
