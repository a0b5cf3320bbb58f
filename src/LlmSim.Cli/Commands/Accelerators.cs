using LlmSim.Performance.Catalog;

namespace LlmSim.Cli.Commands;

/// <summary>Accelerators as the value of an option.</summary>
internal static class Accelerators
{
    /// <summary>The name of one; those of the catalog are offered.</summary>
    public static OptionValue Value { get; } =
        new OptionValue.Text(() => HardwareCatalog.BuiltIn.All.Select(hardware => hardware.Name));
}
