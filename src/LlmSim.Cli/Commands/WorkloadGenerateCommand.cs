using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Workloads;
using LlmSim.Workloads;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim workload generate</c>: a workload as a trace of Mooncake's or Azure's format.</summary>
internal sealed class WorkloadGenerateCommand : CliCommand
{
    private readonly WorkloadArguments _workload = new();

    private readonly Option<string> _output = CliOption.File(
        "output",
        "the trace to write: Azure's CSV (.csv), or Mooncake's JSON Lines, this program's own with conversations or classes; .gz or .zst "
            + "after it compresses; /dev/stdout for a pipe"
    );

    public WorkloadGenerateCommand(CliConsole console)
        : base("generate", "Write a workload as a trace.", console)
    {
        _output.Required = true;
        AddGroups(new OptionGroup("Output", [_output]), _workload.Group);
        Examples =
        [
            "llmsim workload generate --output trace.jsonl --request_count 2000 --seed 1",
            "llmsim workload generate --trace_path azure.csv --output trace.jsonl",
            "llmsim workload generate --request_source chat --output chats.jsonl",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var configuration = _workload.Read(parse, new RunConfiguration());
        if (configuration.Concurrency is not null)
        {
            throw new UserErrorException(
                "--concurrency: a closed loop has no times of arrival before it is simulated; a trace is made of --arrivals"
            );
        }

        Console.Warn(_workload.Unread(parse, configuration));
        WorkloadFacts? facts = null;
        var requests = Experiment.CreateWorkload(configuration).ToRequests(known => facts = known);
        var path = parse.GetRequiredValue(_output);
        using var file = new OutputFile("--output", path);
        var count = TraceOutput.Write(file, path, Cancellable(requests));
        file.Commit();
        Console.Error.WriteLine(
            $"{Figures.Count(count)} {(RequestSources.OfConversations.Contains(RequestSources.Parse(configuration.RequestSource).Source) || configuration.TraceOptions.ReplaysSessions ? "conversations" : "requests")} written"
        );
        TraceNotices.Write([facts!.Trace], Console);
    }

    private IEnumerable<RequestSpec> Cancellable(IEnumerable<RequestSpec> requests) =>
        requests.Select(request =>
        {
            Console.Cancellation.ThrowIfCancellationRequested();
            return request;
        });
}
