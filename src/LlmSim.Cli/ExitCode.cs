namespace LlmSim.Cli;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The input is wrong; the message says how to mend it.</summary>
    public const int UserError = 1;

    /// <summary>The simulator is wrong.</summary>
    public const int Defect = 2;

    /// <summary>A run does not keep a limit of --require; its results are written all the same.</summary>
    public const int NotMet = 3;

    /// <summary>128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <summary>All of them, in words for help and documentation.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Success, "the command did what it was asked"),
        (
            UserError,
            "the input is wrong, or a file cannot be read or written; the message says how to mend it"
        ),
        (Defect, "a defect of llmsim: please report it"),
        (
            NotMet,
            "a limit of --require is not met, or nothing holds what --slo of llmsim plan asks; results are written all the same"
        ),
        (Interrupted, "interrupted by Ctrl-C or a signal; every result file is whole, or was not written"),
    ];
}
