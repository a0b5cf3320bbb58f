namespace LlmSim.Cli;

/// <summary>What runs beside the simulator in this command: policies and performance models of the user's own.</summary>
/// <param name="Names">What messages call it.</param>
/// <param name="TimeoutSeconds">Wall time that an answer of it may take.</param>
internal sealed record OwnCode(IReadOnlyList<string> Names, double TimeoutSeconds);

/// <summary>Stops a command that is about to run such code in a process that nobody watches.</summary>
internal sealed class OwnCodeException(OwnCode code) : Exception
{
    public OwnCode Code { get; } = code;
}
