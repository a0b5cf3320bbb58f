using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Performance.Kernels;

namespace LlmSim.Experiments.Planning;

/// <summary>What instances may be made of.</summary>
internal sealed record ShapeChoice
{
    /// <summary>Accelerators by name, alias or the beginning of either; none for all whose times rest on measured kernels.</summary>
    public IReadOnlyList<string> Hardware { get; init; } = [];

    /// <summary>Degrees of tensor parallelism.</summary>
    public IReadOnlyList<int> TpSizes { get; init; } = [1, 2, 4, 8];

    /// <summary>Whether instances may do both.</summary>
    public bool Mixed { get; init; } = true;

    /// <summary>Whether they may prefill and decode apart.</summary>
    public bool Disaggregated { get; init; } = true;

    /// <summary>Budgets of mixed instances in tokens; none for the engine's own.</summary>
    public IReadOnlyList<int> ChunkSizes { get; init; } = [];

    /// <summary>Whose rules they batch by.</summary>
    public EngineKind Engine { get; init; }
}

/// <summary>The shapes of a choice.</summary>
internal static class PlanShapes
{
    /// <summary>The shapes that a model can have; what the accelerators' memory holds is found when they are simulated.</summary>
    /// <exception cref="UserErrorException">An accelerator is unknown, or no shape is left.</exception>
    public static IReadOnlyList<InstanceShape> Of(
        ShapeChoice choice,
        ModelDescription model,
        HardwareCatalog catalog
    )
    {
        InstanceShape[] shapes =
        [
            .. from hardware in HardwareOf(choice, catalog)
            from tp in choice.TpSizes
            where tp <= hardware.GpusPerNode && model.AttentionHeads % tp == 0
            from experts in model.MixtureOfExperts is null || tp == 1 ? [1] : new[] { 1, tp }
            from shape in ShapesOf(choice, hardware, tp, experts)
            select shape,
        ];
        return shapes.Length > 0
            ? shapes
            : throw new UserErrorException(
                $"tp_sizes: no instance of {string.Join(", ", choice.TpSizes)} accelerators fits into a node with {model.AttentionHeads} attention heads that divide evenly"
            );
    }

    /// <summary>An accelerator by name, alias, or the beginning of a name up to a '_': of the only one, or of the only one with kernels of its own.</summary>
    /// <exception cref="UserErrorException">There is none, or several.</exception>
    public static HardwareDescription Find(string name, HardwareCatalog catalog)
    {
        if (catalog.Find(HardwareAliases.Resolve(name)) is { } exact)
        {
            return exact;
        }

        HardwareDescription[] begun = [.. catalog.All.Where(hardware => NamesOf(hardware).Any(IsBegun))];
        return begun switch
        {
            [] => catalog.Get(name),
            [var only] => only,
            _ when begun
                    .Where(hardware => KernelCatalog.Names.Any(own => own.Hardware == hardware.Name))
                    .ToArray()
                    is [var measured] => measured,
            _ => throw new UserErrorException(
                $"hardware '{name}' may be {string.Join(" or ", begun.Select(hardware => hardware.Name))}; give one of them"
            ),
        };

        bool IsBegun(string known) =>
            known.Equals(name, StringComparison.OrdinalIgnoreCase)
            || known.StartsWith(name + "_", StringComparison.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> NamesOf(HardwareDescription hardware) =>
        HardwareAliases
            .Of(hardware.Name)
            .Append(hardware.Name)
            .Append(hardware.Name[(hardware.Name.IndexOf('_', StringComparison.Ordinal) + 1)..]);

    private static IEnumerable<HardwareDescription> HardwareOf(ShapeChoice choice, HardwareCatalog catalog) =>
        choice.Hardware.Count == 0
            ? catalog.All.Where(hardware => KernelCatalog.Has(hardware.Name))
            : choice.Hardware.Select(name => Find(name, catalog)).Distinct();

    private static IEnumerable<InstanceShape> ShapesOf(
        ShapeChoice choice,
        HardwareDescription hardware,
        int tp,
        int experts
    )
    {
        var shape = new InstanceShape
        {
            Hardware = hardware,
            TpSize = tp,
            ExpertParallel = experts,
            IsDisaggregated = false,
            Engine = choice.Engine,
        };
        if (choice.Mixed)
        {
            foreach (var tokens in choice.ChunkSizes.Select(size => (int?)size).DefaultIfEmpty(null))
            {
                yield return shape with
                {
                    MaxBatchedTokens = tokens,
                };
            }
        }

        if (choice.Disaggregated)
        {
            yield return shape with
            {
                IsDisaggregated = true,
            };
        }
    }
}
