using System.CommandLine;
using System.Text.Json;
using LlmSim.Cli.Output;
using LlmSim.Experiments.Workloads;
using LlmSim.Workloads;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim workload stats</c>: lengths, rate, burstiness and shared prefixes of a trace.</summary>
internal sealed class WorkloadStatsCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "a trace: Mooncake's JSON Lines or Azure's CSV, also compressed",
    };

    private readonly Option<long?> _requestCount = CliOption.Integer(
        "request_count",
        "only the first requests [all]",
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
        Add(_file);
        AddGroups(new OptionGroup("Options", [_requestCount, _format]));
        Examples = ["llmsim workload stats traces/conversation_sample.jsonl"];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var workload = new WorkloadOptions
        {
            TracePath = parse.GetRequiredValue(_file),
            RequestCount = (int?)parse.GetValue(_requestCount) ?? int.MaxValue,
            Arrivals = ArrivalProcess.Trace,
            ReadHashIds = true,
        };
        var rows = WorkloadStatistics.Compute(workload.ToRequests()).ToRows();
        Console.Out.Write(parse.GetRequiredValue(_format) == "json" ? Json(rows) : Text(rows));
    }

    private string Text(IEnumerable<WorkloadStatistic> rows)
    {
        var table = TextTable.Create("Figure", ">value", "unit");
        foreach (var row in rows)
        {
            table.Add(row.Name, Figures.Number(row.Value), row.Unit);
        }

        return TextTable.Render(table, Console);
    }

    private static string Json(IEnumerable<WorkloadStatistic> rows)
    {
        using var stream = new MemoryStream();
        using (
            var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" })
        )
        {
            json.WriteStartObject();
            foreach (var row in rows)
            {
                json.WriteNumber(row.Name, row.Value);
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }
}
