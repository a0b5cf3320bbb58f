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

    /// <summary>
    /// Ranks of data-parallel attention that share the experts of a model, 1 for none; empty for what its attention suggests: latent vectors
    /// are on every accelerator of a tensor-parallel group, and data-parallel ranks have only those of their own requests.
    /// </summary>
    public IReadOnlyList<int> AttentionDp { get; init; } = [];

    /// <summary>Accelerators that decode beside those that prefill; none for the same.</summary>
    public IReadOnlyList<string> DecodeHardware { get; init; } = [];

    /// <summary>Degrees of tensor parallelism of instances that decode; none for those of the ones that prefill.</summary>
    public IReadOnlyList<int> DecodeTpSizes { get; init; } = [];

    /// <summary>Whether instances may do both.</summary>
    public bool Mixed { get; init; } = true;

    /// <summary>Whether they may prefill and decode apart.</summary>
    public bool Disaggregated { get; init; } = true;

    /// <summary>Budgets of mixed instances in tokens; none for the engine's own.</summary>
    public IReadOnlyList<int> ChunkSizes { get; init; } = [];

    /// <summary>Whose rules they batch by.</summary>
    public EngineKind Engine { get; init; }

    /// <summary>Formats and policies.</summary>
    public IReadOnlyList<ServingSetup> Setups { get; init; } = [ServingSetup.Asked];

    /// <summary>Whether instances that decode are chosen apart from those that prefill.</summary>
    public bool DecodesApart => DecodeHardware.Count > 0 || DecodeTpSizes.Count > 0;
}

/// <summary>The shapes of a choice.</summary>
internal static class PlanShapes
{
    /// <summary>The shapes that a model can have; what the accelerators' memory holds is found when they are simulated.</summary>
    /// <param name="choice">What they may be made of.</param>
    /// <param name="model">The model.</param>
    /// <param name="precision">Its format as it is asked for.</param>
    /// <param name="catalog">Accelerators by name.</param>
    /// <exception cref="UserErrorException">An accelerator is unknown, or no shape is left.</exception>
    public static IReadOnlyList<InstanceShape> Of(
        ShapeChoice choice,
        ModelDescription model,
        PrecisionRequest precision,
        HardwareCatalog catalog
    )
    {
        choice = choice.AttentionDp.Count > 0 ? choice : choice with { AttentionDp = RanksOf(model) };
        RequireExperts(choice, model);
        var formats = new ShapeFormats(model, precision);
        InstanceShape[] shapes =
        [
            .. from hardware in HardwareOf(choice.Hardware, catalog)
            from layout in LayoutsOf(choice, hardware, choice.TpSizes, model)
            from shape in ShapesOf(choice, layout, DecodeLayoutsOf(choice, layout, model, catalog))
            from setup in SetupsOf(choice, shape)
            select formats.Checked(shape with { Setup = setup }),
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

    private static IEnumerable<HardwareDescription> HardwareOf(
        IReadOnlyList<string> names,
        HardwareCatalog catalog
    ) =>
        names.Count == 0
            ? catalog.All.Where(hardware => KernelCatalog.Has(hardware.Name))
            : names.Select(name => Find(name, catalog)).Distinct();

    private static IEnumerable<ServingSetup> SetupsOf(ShapeChoice choice, InstanceShape shape) =>
        shape.IsDisaggregated ? choice.Setups : choice.Setups.Select(setup => setup.OfMixed()).Distinct();

    private static IReadOnlyList<int> RanksOf(ModelDescription model) =>
        model is { MixtureOfExperts: not null, LatentAttention: not null } ? [1, 2, 4, 8] : [1];

    /// <summary>Without experts, ranks of data-parallel attention are instances of their own.</summary>
    private static void RequireExperts(ShapeChoice choice, ModelDescription model)
    {
        if (model.MixtureOfExperts is null && choice.AttentionDp.Any(ranks => ranks > 1))
        {
            throw new UserErrorException(
                $"attention_dp: found {string.Join(" ", choice.AttentionDp)} for {model.Id}, which has no experts to share; allowed is 1"
            );
        }
    }

    private static IEnumerable<InstanceLayout> LayoutsOf(
        ShapeChoice choice,
        HardwareDescription hardware,
        IReadOnlyList<int> tpSizes,
        ModelDescription model
    ) =>
        from tp in tpSizes
        where tp <= hardware.GpusPerNode && model.AttentionHeads % tp == 0
        from ranks in choice.AttentionDp
        where tp * ranks <= hardware.GpusPerNode
        from experts in ExpertParallel(model, tp, ranks)
        select new InstanceLayout
        {
            Hardware = hardware,
            TpSize = tp,
            AttentionDp = ranks,
            ExpertParallel = experts,
        };

    /// <summary>Experts that tensor parallelism slices or divides; ranks of data-parallel attention divide them.</summary>
    private static int[] ExpertParallel(ModelDescription model, int tp, int ranks) =>
        (model.MixtureOfExperts, ranks) switch
        {
            (null, _) => [1],
            (_, 1) => tp == 1 ? [1] : [1, tp],
            ({ } experts, _) => experts.Experts % (tp * ranks) == 0 ? [tp * ranks] : [],
        };

    private static IEnumerable<InstanceLayout> DecodeLayoutsOf(
        ShapeChoice choice,
        InstanceLayout prefill,
        ModelDescription model,
        HardwareCatalog catalog
    ) =>
        !choice.DecodesApart
            ? [prefill]
            : (
                choice.DecodeHardware.Count == 0
                    ? [prefill.Hardware]
                    : HardwareOf(choice.DecodeHardware, catalog)
            ).SelectMany(hardware =>
                LayoutsOf(
                    choice,
                    hardware,
                    choice.DecodeTpSizes.Count == 0 ? [prefill.TpSize] : choice.DecodeTpSizes,
                    model
                )
            );

    private static IEnumerable<InstanceShape> ShapesOf(
        ShapeChoice choice,
        InstanceLayout layout,
        IEnumerable<InstanceLayout> decodeLayouts
    )
    {
        var shape = new InstanceShape { Layout = layout, Engine = choice.Engine };
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
            foreach (var decode in decodeLayouts)
            {
                yield return shape with
                {
                    DecodeLayout = decode,
                };
            }
        }
    }
}
