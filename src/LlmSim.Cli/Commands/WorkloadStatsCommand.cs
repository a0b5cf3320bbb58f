using System.CommandLine;
using System.Text.Json;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Workloads;
using LlmSim.Workloads.Traces;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim workload stats</c>: lengths, rate, burstiness and shared prefixes of a trace.</summary>
internal sealed class WorkloadStatsCommand : CliCommand
{
    private readonly TraceFileArguments _trace = new("FILE");

    private readonly Option<long?> _requestCount = CliOption.Integer(
        "request_count",
        "only the first requests, or conversations of a trace that has them [all]",
        defaultValue: null,
        min: 1,
        max: int.MaxValue
    );

    private readonly Option<string> _format = CliOption.Choice(
        "format",
        "how to write it",
        "text",
        ["text", "json"]
    );

    public WorkloadStatsCommand(CliConsole console)
        : base("stats", "Describe a trace: lengths, rate, burstiness, shared prefixes.", console)
    {
        Add(_trace.File);
        AddGroups(new OptionGroup("Output", [_requestCount, _format]), _trace.Group);
        Examples =
        [
            "llmsim workload stats traces/conversation_sample.jsonl",
            "llmsim workload stats burstgpt.csv --skip_invalid --format json",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        using var input = InputFile.OpenRows(parse.GetRequiredValue(_trace.File));
        using var trace = _trace.Open(parse, input);
        var count = (int?)parse.GetValue(_requestCount) ?? int.MaxValue;
        var rows = WorkloadStatistics.Compute(trace.Requests().Take(count)).ToRows();
        Console.StyledOut.Write(
            parse.GetRequiredValue(_format) == "json" ? Json(trace.Facts, rows) : Text(trace.Facts, rows)
        );
        TraceNotices.Write([trace.Facts], Console);
    }

    private string Text(TraceFacts trace, IEnumerable<WorkloadStatistic> rows)
    {
        var table = TextTable.Create("Figure", ">value", "unit");
        foreach (var row in rows)
        {
            table.Add(row.Name, Figures.Number(row.Value), row.Unit);
        }

        return $"trace {TerminalText.Escape(trace.Source)}: {TerminalText.Escape(trace.Describe(), limit: 1_000)}\n"
            + TextTable.Render(table, Console.OutIsTerminal);
    }

    private static string Json(TraceFacts trace, IEnumerable<WorkloadStatistic> rows)
    {
        using var stream = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" })
        )
        {
            json.WriteStartObject();
            json.WriteString("format", trace.Format);
            json.WriteString("time_unit", trace.TimeUnit);
            json.WriteNumber("skipped", trace.Skipped);
            foreach (var row in rows)
            {
                json.WriteNumber(row.Name, row.Value);
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
