using System.CommandLine;
using System.CommandLine.Parsing;
using LlmSim.Cli.Commands;
using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Sweeps;
using LlmSim.Kernel;

namespace LlmSim.Cli;

/// <summary>The command <c>llmsim</c>: from arguments to an exit code.</summary>
internal static class CliApplication
{
    /// <summary>How command lines are read.</summary>
    public static ParserConfiguration ParserConfiguration { get; } =
        new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>Runs a command line; every failure becomes a message and an exit code.</summary>
    public static int Run(string[] args, CliConsole console)
    {
        using var claims = FileClaims.Begin();
        try
        {
            return Invoke(OptionNames.Normalize(args), console);
        }
        catch (OwnCodeException e)
        {
            return Supervisor.Run(args, e.Code, console);
        }
        // A full disk, say, is no defect of ours.
        catch (Exception e)
            when (e is UserErrorException or IOException or UnauthorizedAccessException or ClockRangeException
            )
        {
            console.Tell(e.Message);
            return ExitCode.UserError;
        }
        catch (SweepInterruptedException e)
        {
            console.Tell(e.Message);
            return ExitCode.Interrupted;
        }
        catch (OperationCanceledException)
        {
            console.Tell("interrupted; every result file is whole, or was not written");
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            ReportDefect(args, e, console.Error);
            return ExitCode.Defect;
        }
    }

    private static int Invoke(string[] args, CliConsole console)
    {
        var root = new LlmSimCommand(console);
        var parse = root.Parse(args.Length == 0 ? ["--help"] : args, ParserConfiguration);
        // A shell asks what may follow a line that is not finished.
        if (parse.Tokens is not [{ Type: TokenType.Directive }, ..])
        {
            Require(parse, args);
        }

        return parse.Invoke(
            new InvocationConfiguration
            {
                Output = console.Out,
                Error = console.Error,
                EnableDefaultExceptionHandler = false,
            }
        );
    }

    private static void Require(ParseResult parse, string[] args)
    {
        OptionNames.RequireKnown(parse, args);
        (parse.CommandResult.Command as CliCommand)?.RequireValues(parse);
        if (parse.Errors.Count > 0)
        {
            throw new UserErrorException(parse.Errors[0].Message);
        }
    }

    private static void ReportDefect(string[] args, Exception exception, TextWriter error)
    {
        error.WriteLine(
            $"""
            llmsim: this is a defect of llmsim {ProductVersion.Text}, not of your input: {TerminalText.Message(
                exception.Message
            )}
            Please report it with the lines below and the files that the command names.
              command  llmsim {TerminalText.Message(string.Join(' ', args.Select(CommandLineText.Quoted)))}
              seed     {SeedOf(OptionNames.Normalize(args))}
            {TerminalText.Message(exception.ToString(), limit: 20_000)}
            """
        );
    }

    private static string SeedOf(string[] args)
    {
        var position = Array.IndexOf(args, "--seed");
        return position >= 0 && position + 1 < args.Length
            ? args[position + 1]
            : FormattableString.Invariant($"{new RunConfiguration().Seed} (the default)");
    }
}
