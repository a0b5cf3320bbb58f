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
}
