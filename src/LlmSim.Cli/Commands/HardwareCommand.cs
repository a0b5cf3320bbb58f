using System.CommandLine;
using LlmSim.Cli.Output;
using LlmSim.Experiments;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;

namespace LlmSim.Cli.Commands;

/// <summary><c>llmsim hardware</c>: the catalog of accelerators.</summary>
internal sealed class HardwareCommand : CliCommand
{
    private readonly Argument<string?> _name = new("NAME")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "an accelerator, for all its figures and where they come from",
    };

    private readonly PluginArguments _plugins = new();

    public HardwareCommand(CliConsole console)
        : base(
            "hardware",
            "List the accelerators of the catalog: memory in B, bandwidth in B/s, dense rates by bits in operations/s, link in B/s.",
            console
        )
    {
        Add(_name);
        AddGroups(_plugins.HardwareGroup);
        Examples = ["llmsim hardware", "llmsim hardware NVIDIA_H100_SXM"];
        SetAction(parse => Execute(parse.GetValue(_name), _plugins.LoadHardware(parse)));
    }

    private void Execute(string? name, HardwareCatalog catalog)
    {
        var table = name is null ? List(catalog) : Details(catalog.Get(name));
        TextTable.Write(table, Console, width: 80);
    }

    private static Spectre.Console.Table List(HardwareCatalog catalog)
    {
        var table = TextTable.Create(
            "Accelerator",
            ">memory",
            ">B/s",
            ">16-bit",
            ">8-bit",
            ">4-bit",
            ">link"
        );
        foreach (var h in catalog.All)
        {
            table.Add(
                h.Name,
                Figures.Si(h.MemoryBytes),
                Figures.Si(h.MemoryBytesPerSecond),
                Figures.Si(h.Fp16OpsPerSecond),
                Figures.Si(Math.Max(h.Int8OpsPerSecond, h.Fp8OpsPerSecond ?? 0)),
                IfKnown(h.Fp4OpsPerSecond),
                Figures.Si(h.LinkBytesPerSecond)
            );
        }

        return table;
    }

    private static Spectre.Console.Table Details(HardwareDescription h)
    {
        var table = TextTable.Create("Accelerator", h.Name);
        table.Add("memory", Figures.Si(h.MemoryBytes) + "B");
        table.Add("memory bandwidth", Figures.Si(h.MemoryBytesPerSecond) + "B/s");
        table.Add("peak at 16 bits", Figures.Si(h.Fp16OpsPerSecond) + "ops/s");
        table.Add("peak of 8-bit integers", Figures.Si(h.Int8OpsPerSecond) + "ops/s");
        table.Add("peak of FP8", IfKnown(h.Fp8OpsPerSecond, "ops/s"));
        table.Add("peak of FP4", IfKnown(h.Fp4OpsPerSecond, "ops/s"));
        table.Add("on-chip buffer", Figures.Si(h.OnChipBufferBytes) + "B");
        table.Add("multiprocessors", IfKnown(h.Multiprocessors));
        table.Add("undivided attention", IfKnown(h.UndividedKeysPerSecond, "keys/s"));
        table.Add("link", Figures.Si(h.LinkBytesPerSecond) + "B/s");
        table.Add("link latency", Figures.Duration(h.LinkLatencySeconds));
        table.Add("accelerators of a node", Figures.Count(h.GpusPerNode));
        table.Add("network port", Figures.Si(h.NicBytesPerSecond) + "B/s");
        table.Add("network latency", Figures.Duration(h.NicLatencySeconds));
        table.Add("idle power", IfKnown(h.IdleWatts, "W"));
        table.Add("thermal design power", IfKnown(h.TdpWatts, "W"));
        table.Add("source", h.Source);
        return table;
    }

    private static string IfKnown(double? figure, string unit = "") =>
        figure is { } known ? Figures.Si(known) + unit : "-";
}
