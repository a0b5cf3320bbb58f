using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Extensions;
using LlmSim.Experiments.Performance;
using LlmSim.Performance;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim performance check</c>: whether a performance model keeps the contract that all keep.</summary>
internal sealed class PerformanceCheckCommand : CliCommand
{
    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "as --performance of llmsim run: mine:FILE, mine:NAME, kernels, measured:FOLDER, …",
    };

    private readonly Option<string> _hardware = CliOption.Text(
        "hardware",
        "the accelerator (see llmsim hardware)",
        "NVIDIA_H100_SXM",
        "NAME"
    );

    private readonly Option<long?> _tp = CliOption.Integer("tp", "accelerators that work as one", 4, 1, 1024);
    private readonly ModelArguments _model = new();
    private readonly SemanticsArguments _semantics = new();
    private readonly PluginArguments _plugins = new();

    public PerformanceCheckCommand(CliConsole console)
        : base("check", "Try a performance model on random batches.", console)
    {
        Add(_source);
        AddGroups([
            new("Instance", [_hardware, _tp]),
            _model.Group,
            _plugins.PerformanceGroup,
            .. _semantics.Groups,
        ]);
        Examples =
        [
            "llmsim performance check mine:samples/performance/derated.cs",
            "llmsim performance check kernels --model Qwen/Qwen3-8B --tp 1",
        ];
        SetAction(Execute);
    }

    private void Execute(ParseResult parse)
    {
        var source = parse.GetRequiredValue(_source);
        _plugins.BeforePerformance(parse, source, Console);
        var model = ModelSource.Load(
            _model.Model(parse),
            _plugins.LoadModels(parse),
            _model.MaxModelLen(parse)
        );
        var instance = new InstanceSpec
        {
            Hardware = _plugins.LoadHardware(parse).Get(parse.GetRequiredValue(_hardware)),
            TpSize = (int)parse.GetValue(_tp)!,
        };
        var configuration = new RunConfiguration
        {
            Catalogs = Catalogs.BuiltIn with { Engines = _plugins.LoadEngines(parse) },
            Performance = source,
            Precision = _model.Precision(parse),
            Semantics = _semantics.Read(parse),
        };
        var (passed, failed) = (0, 0);
        foreach (var check in PerformanceChecks.Of(configuration, model, instance))
        {
            Console.Cancellation.ThrowIfCancellationRequested();
            passed += check.Failure is null ? 1 : 0;
            failed += check.Failure is null ? 0 : 1;
            Console.Out.WriteLine(
                $"{(check.Failure is null ? "ok    " : "FAILED")}  {TerminalText.Message(check.Clause)}"
            );
            if (check.Failure is not null)
            {
                Console.Out.WriteLine($"        {TerminalText.Message(check.Failure)}");
            }
        }

        if (failed > 0)
        {
            throw new UserErrorException(
                $"performance '{source}': {failed} of {passed + failed} checks failed"
            );
        }
    }
}
