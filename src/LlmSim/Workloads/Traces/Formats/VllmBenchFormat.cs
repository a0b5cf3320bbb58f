using System.Globalization;
using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>
/// The result of <c>vllm bench serve --save-result --save-detailed</c> (github.com/vllm-project/vllm, vllm/benchmarks/serve.py), one
/// array a quantity; also that of SGLang's bench_serving with --output-details, which has no times. Older results have none either.
/// </summary>
internal static class VllmBenchFormat
{
    private static readonly TraceFields s_fields = new(
        "start_times",
        "input_lens",
        "output_lens",
        HashIds: null
    );

    public static TraceFormat Format { get; } =
        new(
            "vllm_bench",
            "result of vllm bench serve --save-detailed: start_times in s, input_lens, output_lens"
        )
        {
            Arrival = ["start_times"],
            Input = ["input_lens", "total_input_tokens"],
            Output = ["output_lens", "total_output_tokens"],
            IsUnitCertain = true,
            Rows = Open,
        };

    private static DocumentRows Open(LineReader lines, TraceClockFactory clock)
    {
        var root = DocumentRows.Parse(lines);
        var inputs = Values(root, s_fields.Input);
        var outputs = Values(root, s_fields.Output);
        var times = Values(root, s_fields.Arrival!);
        if (
            inputs.Length == 0
            || inputs.Length != outputs.Length
            || (times.Length > 0 && times.Length != inputs.Length)
        )
        {
            throw lines.FileError(
                FormattableString.Invariant(
                    $"found {inputs.Length} input_lens, {outputs.Length} output_lens and {times.Length} start_times; "
                )
                    + "allowed: as many of each, or no start_times (vllm bench serve writes them with --save-detailed)"
            );
        }

        var rows = inputs.Select(
            (input, i) =>
                new DocumentRow(
                    string.Create(CultureInfo.InvariantCulture, $"{{0}}[{i}]"),
                    times.Length > 0 ? times[i] : default,
                    input,
                    outputs[i]
                )
        );
        return new DocumentRows(lines, s_fields, clock(s_fields.Arrival!), [.. rows]);
    }

    private static JsonElement[] Values(JsonElement root, string name) =>
        DocumentRows.Member(root, name) is { ValueKind: JsonValueKind.Array } array
            ? [.. array.EnumerateArray()]
            : [];
}
