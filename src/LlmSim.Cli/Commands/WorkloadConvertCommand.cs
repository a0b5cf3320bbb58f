using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Workloads;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim workload convert</c>: a trace of any format as one of Mooncake's or Azure's.</summary>
internal sealed class WorkloadConvertCommand : CliCommand
{
    private readonly TraceFileArguments _trace = new("IN");

    private readonly Argument<string> _output = new("OUT")
    {
        Description =
            "Mooncake's JSON Lines (.jsonl; this program's own with conversations or classes) or Azure's CSV (.csv); .gz or .zst "
            + "after it compresses",
    };

    public WorkloadConvertCommand(CliConsole console)
        : base("convert", "Write a trace of any format in Mooncake's or Azure's.", console)
    {
        Add(_trace.File);
        Add(_output);
        AddGroups(_trace.Group);
        Examples =
        [
            "llmsim workload convert burstgpt.csv trace.jsonl --skip_invalid",
            "llmsim workload convert profile_export.jsonl trace.jsonl.zst --sort",
            "llmsim workload convert log.csv trace.csv --columns arrival=time,input=prompt,output=answer --time_unit s",
            "llmsim workload convert trace.jsonl.gz hour.jsonl --from 3600 --until 7200 --time_scale 0.5",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var path = parse.GetRequiredValue(_output);
        if (TraceOutput.Extension(path) is not (".jsonl" or ".csv"))
        {
            throw new UserErrorException(
                $"OUT: found '{path}'; allowed: a name that ends with .jsonl or .csv, and then perhaps .gz or .zst"
            );
        }

        using var input = InputFile.OpenRows(parse.GetRequiredValue(_trace.File));
        using var trace = _trace.Open(parse, input);
        using var file = new OutputFile("OUT", path);
        TraceOutput.Write(file, path, Cancellable(trace.Requests()), trace.HasTimes);
        file.Commit();
        Console.Error.WriteLine(TerminalText.Message($"{path}: {trace.Facts.Describe()}"));
        TraceNotices.Write([trace.Facts], Console);
    }

    private IEnumerable<RequestSpec> Cancellable(IEnumerable<RequestSpec> requests) =>
        requests.Select(request =>
        {
            Console.Cancellation.ThrowIfCancellationRequested();
            return request;
        });
}
