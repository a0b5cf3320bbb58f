using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using LlmSim.Experiments;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim</c> itself.</summary>
internal sealed class LlmSimCommand : RootCommand
{
    public LlmSimCommand(CliConsole console)
        : base(
            "llmsim simulates a cluster that serves a large language model: time to first token, time per "
                + "output token, throughput and SLO attainment, without a GPU."
        )
    {
        Add(new RunCommand(console));
        Add(new SweepCommand(console));
        Add(new MergeCommand(console));
        Add(new WorkerCommand(console));
        Add(new PlanCommand(console));
        Add(new CompareCommand(console));
        Add(new PlotCommand(console));
        Add(new ProfileCommand(console));
        Add(new CalibrateCommand(console));
        Add(new ValidateCommand(console));
        Add(new PoliciesCommand(console));
        Add(new PerformanceCommand(console));
        Add(new NewCommand(console));
        Add(new ModelsCommand(console));
        Add(new HardwareCommand(console));
        Add(new SemanticsCommand(console));
        Add(new KernelsCommand(console));
        Add(new WorkloadCommand(console));
        Add(new SchemaCommand(console));
        Add(new CompletionCommand(console));
        Add(new HelpCommand(console, this));
        Add(new VersionCommand(console));
        Options.OfType<HelpOption>().Single().Action = new HelpWriter();
        Options.OfType<VersionOption>().Single().Action = new WriteVersion();
    }

    private sealed class WriteVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(ProductVersion.Text);
            return ExitCode.Success;
        }
    }
}
