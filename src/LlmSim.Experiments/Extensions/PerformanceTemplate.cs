namespace LlmSim.Experiments.Extensions;

/// <summary>A performance model to start from.</summary>
internal static class PerformanceTemplate
{
    private const string Kind = "performance";

    /// <summary>Writes NAME.cs.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="folder">Where; it is made if it does not exist.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="UserErrorException">The name cannot be one, or the file exists or cannot be written.</exception>
    public static string Write(string name, string folder)
    {
        PolicyTemplate.RequireName(name);
        return PolicyTemplate.WriteNew(name, Kind, folder);
    }
}
