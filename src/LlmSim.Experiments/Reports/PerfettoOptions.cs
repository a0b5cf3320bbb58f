namespace LlmSim.Experiments.Reports;

/// <summary>Where the events of a run go.</summary>
/// <param name="Path">The file, .json or .json.gz.</param>
/// <param name="MostEvents">Events that the file may have; later ones are counted and left out.</param>
internal sealed record PerfettoOptions(string Path, long MostEvents)
{
    public const string Option = "--trace_output";

    /// <summary>About 200 MB before compression; viewers take no more than a few times that.</summary>
    public const long DefaultMostEvents = 2_000_000;

    /// <summary>Fails at a name that says another format.</summary>
    /// <exception cref="UserErrorException">It does.</exception>
    public void RequireFormat()
    {
        if (
            !Path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            && !Path.EndsWith(".json.gz", StringComparison.OrdinalIgnoreCase)
        )
        {
            throw new UserErrorException(
                $"{Option} {Path}: the extension says no format that can be written; allowed: .json, .json.gz."
            );
        }
    }
}
