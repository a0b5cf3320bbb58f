using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Validation.Serving;

namespace LlmSim.Cli.Commands;

/// <content>The file of held-out errors.</content>
internal sealed partial class ServingArguments
{
    /// <summary>The file is read first: it keeps its errors of other classes.</summary>
    private OutputFile? OpenErrors(ParseResult parse) =>
        parse.GetValue(_writeErrors) is { } errors
            ? new OutputFile("--write_errors", errors, isUpdate: true)
            : null;

    private void WriteErrors(ParseResult parse, string path, ServingValidation validation, OutputFile? file)
    {
        if (file is null)
        {
            return;
        }

        var errors = parse.GetValue(_writeErrors)!;
        var former = new PredictionErrors([]);
        if (System.IO.File.Exists(errors))
        {
            using var stream = InputFile.Open(errors);
            former = PredictionErrors.Read(stream, errors);
        }

        var all = HeldOutErrors.Merge(
            former,
            validation,
            Source(path),
            Command(parse, path),
            DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime)
        );
        file.Stream.Write(all.Content());
        file.Commit();
    }

    /// <summary>What makes the same errors again, whatever the folder of the files.</summary>
    private string Command(ParseResult parse, string path)
    {
        var kind = parse.GetValue(_rows) is null ? "experiments" : "rows";
        var command = $"llmsim validate --{kind} {Source(path)} --performance {Performance(parse)}";
        return string.Concat(
            command,
            parse.GetValue(_filter) is { } filter ? $" --filter {filter}" : "",
            parse.GetValue(_limit) is { } limit ? FormattableString.Invariant($" --limit {limit}") : "",
            parse.GetValue(_includeDoubtful) ? " --include_doubtful" : "",
            parse.GetValue(_fitted) is { } fitted ? $" --fitted {Path.GetFileName(fitted)}" : ""
        );
    }

    /// <summary>A file with its folder, for many files are called rows.csv.</summary>
    private static string Source(string path) =>
        $"{Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)))}/{Path.GetFileName(path)}";
}
