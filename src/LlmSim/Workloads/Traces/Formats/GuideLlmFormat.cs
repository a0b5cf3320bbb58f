using System.Globalization;
using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// GuideLLM's report (github.com/vllm-project/guidellm, src/guidellm/schemas, GenerativeRequestStats): its benchmarks one after another,
/// the successful requests of each. Requests that failed or were cut off have no output lengths.
/// </summary>
internal static class GuideLlmFormat
{
    private static readonly TraceFields s_fields = new(
        "request_start_time",
        "prompt_tokens",
        "output_tokens",
        HashIds: null
    );

    public static TraceFormat Format { get; } =
        new(
            "guidellm",
            "GuideLLM's JSON report: request_start_time in s, prompt_tokens, output_tokens; needs --sort"
        )
        {
            Marks = ["benchmarks"],
            IsUnitCertain = true,
            Rows = Open,
        };

    private static DocumentRows Open(LineReader lines, TraceClockFactory clock)
    {
        var benchmarks = DocumentRows.Member(DocumentRows.Parse(lines), "benchmarks");
        var rows = new List<DocumentRow>();
        var others = 0;
        foreach (var (index, benchmark) in Items(benchmarks).Index())
        {
            var requests = DocumentRows.Member(benchmark, "requests");
            others += Items(DocumentRows.Member(requests, "errored")).Count();
            others += Items(DocumentRows.Member(requests, "incomplete")).Count();
            rows.AddRange(
                Items(DocumentRows.Member(requests, "successful"))
                    .Select(
                        (request, i) =>
                            Row(
                                request,
                                string.Create(
                                    CultureInfo.InvariantCulture,
                                    $"benchmarks[{index}].requests.successful[{i}].{{0}}"
                                )
                            )
                    )
            );
        }

        if (rows.Count == 0)
        {
            throw lines.FileError(
                "found no benchmarks[].requests.successful[]; allowed: a report with its requests"
            );
        }

        return new DocumentRows(lines, s_fields, clock(s_fields.Arrival!), rows)
        {
            Notice =
                others == 0
                    ? null
                    : FormattableString.Invariant(
                        $"{others} requests that failed or were cut off are not among its successful ones"
                    ),
        };
    }

    /// <summary>Until version 0.2 the time was start_time.</summary>
    private static DocumentRow Row(JsonElement request, string place)
    {
        var time = DocumentRows.Member(request, s_fields.Arrival!);
        return new DocumentRow(
            place,
            time.ValueKind == JsonValueKind.Undefined ? DocumentRows.Member(request, "start_time") : time,
            DocumentRows.Member(request, s_fields.Input),
            DocumentRows.Member(request, s_fields.Output)
        );
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement array) =>
        array.ValueKind == JsonValueKind.Array ? array.EnumerateArray() : default;
}
