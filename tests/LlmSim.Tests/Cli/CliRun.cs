using LlmSim.Cli;

namespace LlmSim.Tests.Cli;

/// <summary>What a command line gave, run in this process.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public static CliRun Of(params string[] args) => Of(CancellationToken.None, args);

    public static CliRun Of(CancellationToken cancellation, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = CliApplication.Run(args, new CliConsole(output, error, Cancellation: cancellation));
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }
}
