namespace LlmSim.Performance.Kernels;

/// <summary>
/// Operations of one accelerator in the place of those that were not measured on another that resembles it. What the smallest shape of an
/// operation takes is a launch, which is as long on both; what is beyond it grows with the roofs.
/// </summary>
internal static class KernelTransfer
{
    private const string Experts = "experts";

    /// <summary>Collectives belong to the links of an accelerator, not to its kernels.</summary>
    private static readonly (string Group, string Words)[] s_groups =
    [
        ("gemm", "products"),
        ("prompt_attention", "attention"),
        ("decode_attention", "attention"),
        ("latent_prompts", "latent attention"),
        ("latent_decode", "latent attention"),
        (Experts, "experts"),
    ];

    /// <summary>The operations of an accelerator with those that it lacks from others.</summary>
    /// <param name="hardware">The accelerator.</param>
    /// <param name="engine">The engine that they are for.</param>
    /// <param name="own">What was measured on it; null if nothing was.</param>
    /// <param name="others">Those that resemble it; the first that has an operation lends it.</param>
    public static KernelSet Complete(
        HardwareDescription hardware,
        string engine,
        KernelSet? own,
        IReadOnlyList<KernelSet> others
    )
    {
        var roofs = own?.Roofs ?? KernelRoofs.Of(hardware);
        var grids = new SortedDictionary<string, KernelGrid>(StringComparer.Ordinal);
        var experts = new Dictionary<string, ExpertShape[]>();
        var lent = new Dictionary<string, List<string>>();
        KernelSet[] sets = own is null ? [.. others] : [own, .. others];
        foreach (var (group, words) in s_groups)
        {
            var set =
                Array.Find(sets, set => IsEngines(group) && IsOfEngine(set) && Has(set, group))
                ?? Array.Find(sets, set => Has(set, group));
            if (set is null)
            {
                continue;
            }

            Copy(set, name => IsOf(name, group));
            if (set != own)
            {
                if (!lent.TryGetValue(set.Source.Hardware, out var operations))
                {
                    lent.Add(set.Source.Hardware, operations = []);
                }

                operations.Add(words);
            }
        }

        if (own is not null)
        {
            Copy(own, _ => true);
        }

        var isOwn = !lent.Values.Any(operations =>
            operations.Contains("products") || operations.Contains("attention")
        );
        var first = own ?? others[0];
        return new(
            first.Source with
            {
                Hardware = hardware.Name,
                TransferredFrom = isOwn
                    ? null
                    : string.Join(
                        ", ",
                        lent.Select(one => $"{one.Key} ({string.Join(", ", one.Value.Distinct())})")
                    ),
            },
            roofs,
            grids,
            experts
        );

        bool IsOfEngine(KernelSet set)
        {
            return set.Source.Engine == engine
                && (set == own || KernelKin.SharesKernels(hardware.Name, set.Source.Hardware));
        }

        void Copy(KernelSet source, Func<string, bool> isWanted)
        {
            foreach (
                var (name, grid) in source.Grids.Where(grid =>
                    isWanted(grid.Key) && !grids.ContainsKey(grid.Key)
                )
            )
            {
                grids.Add(name, source == own ? grid : Transfer(source, name, grid, roofs));
                if (source.ExpertShapes.TryGetValue(name, out var shapes))
                {
                    experts.Add(name, shapes);
                }
            }
        }
    }

    /// <summary>A grid as another accelerator would have it.</summary>
    public static KernelGrid Transfer(KernelSet source, string name, KernelGrid grid, KernelRoofs roofs)
    {
        var (from, to) = (source.Roof(name, source.Roofs), source.Roof(name, roofs));
        var launch = source.LaunchSeconds(name);
        return grid.Map((shape, ratio) => Math.Max(1, ratio + launch * (1 / to(shape) - 1 / from(shape))));
    }

    /// <summary>Whether engines differ more in the kernels of an operation than accelerators of one architecture do in its times.</summary>
    private static bool IsEngines(string group) => group == Experts;

    private static bool Has(KernelSet set, string group) => set.Grids.Keys.Any(name => IsOf(name, group));

    /// <summary>Experts are of one group, whichever way their tokens come.</summary>
    private static bool IsOf(string name, string group) => name.StartsWith(group, StringComparison.Ordinal);
}
