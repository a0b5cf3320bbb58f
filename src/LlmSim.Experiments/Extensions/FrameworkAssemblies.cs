using System.Reflection;

namespace LlmSim.Experiments.Extensions;

/// <summary>The assemblies of the base library that the simulator was built against.</summary>
internal static class FrameworkAssemblies
{
    /// <summary>All of them, loaded, with those that hold what they only forward to.</summary>
    public static IReadOnlyList<Assembly> All()
    {
        var assemblies = Names().Select(Assembly.Load).ToList();
        // These may forward in turn.
        for (var i = 0; i < assemblies.Count; i++)
        {
            assemblies.AddRange(
                assemblies[i]
                    .GetReferencedAssemblies()
                    .Where(name => name.Name!.StartsWith("System.Private.", StringComparison.Ordinal))
                    .Select(Assembly.Load)
                    .Except(assemblies)
                    .ToArray()
            );
        }

        return assemblies;
    }

    private static IEnumerable<string> Names()
    {
        using var list = new StreamReader(
            typeof(FrameworkAssemblies).Assembly.GetManifestResourceStream("framework.txt")!
        );
        while (list.ReadLine() is { } name)
        {
            yield return name;
        }
    }
}
