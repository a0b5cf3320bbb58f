using System.Reflection;

namespace LlmSim.Experiments;

/// <summary>The simulator's version, which result files carry.</summary>
internal static class ProductVersion
{
    /// <summary>As "1.2.3"; without the commit that a build may add.</summary>
    public static string Text { get; } =
        typeof(ProductVersion)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];
}
