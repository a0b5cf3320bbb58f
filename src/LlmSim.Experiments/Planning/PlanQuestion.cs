using LlmSim.Experiments.Costs;
using LlmSim.Experiments.Slos;
using LlmSim.Performance;

namespace LlmSim.Experiments.Planning;

/// <summary>What a plan makes best.</summary>
internal enum PlanObjective
{
    /// <summary>The least cost an hour at which the SLOs hold.</summary>
    Cost,

    /// <summary>The fewest accelerators at which they hold.</summary>
    Accelerators,

    /// <summary>The highest rate at which they hold, for so many accelerators.</summary>
    Rate,

    /// <summary>The most requests a second within the deadlines that the SLOs give each of them, for so many accelerators.</summary>
    Goodput,

    /// <summary>The least of the first figure of the SLOs, for so many accelerators or so much money an hour.</summary>
    Latency,
}

/// <summary>What is asked: a model, a workload, SLOs, and what could be bought.</summary>
internal sealed record PlanQuestion
{
    /// <summary>Model, workload, policies, precision and seed; its cluster is not read.</summary>
    public required RunConfiguration Base { get; init; }

    /// <summary>What has to hold, at least one.</summary>
    public required IReadOnlyList<SloTerm> Slos { get; init; }

    /// <summary>The kinds of instances that may be bought.</summary>
    public required IReadOnlyList<InstanceShape> Shapes { get; init; }

    /// <summary>What is best.</summary>
    public PlanObjective Objective { get; init; } = PlanObjective.Cost;

    /// <summary>Prices of accelerators.</summary>
    public CostOptions Costs { get; init; } = CostOptions.Default;

    /// <summary>Most accelerators of a candidate; of all objectives but <see cref="PlanObjective.Cost" /> and <see cref="PlanObjective.Accelerators" /> what there is.</summary>
    public int MaxAccelerators { get; init; } = 64;

    /// <summary>Most dollars an hour; null for any.</summary>
    public double? BudgetPerHour { get; init; }

    /// <summary>Requests of a run that only places a candidate.</summary>
    public int ShortRequests { get; init; } = 1000;

    /// <summary>Requests of a run that judges one.</summary>
    public int FullRequests { get; init; } = 4000;

    /// <summary>Seeds that a candidate is judged by at least.</summary>
    public int MinReplications { get; init; } = 3;

    /// <summary>Seeds that it is judged by at most, where the intervals of its figures still have an SLO in them.</summary>
    public int MaxReplications { get; init; } = 9;

    /// <summary>Candidates of the answer.</summary>
    public int Rows { get; init; } = 10;

    /// <summary>Whether SLOs have to hold at the upper end of what nine in ten such predictions came to.</summary>
    public bool IsInsideError { get; init; }

    /// <summary>Whether every size is simulated at full length, in the place of the search.</summary>
    public bool IsExhaustive { get; init; }

    /// <summary>Whether runs end as soon as it is sure that they miss an SLO. All figures of what fails are known only where they do not.</summary>
    public bool EndsRunsEarly { get; init; }

    /// <summary>Whether the question says when requests come; a highest rate or a most goodput without is looked for at all rates.</summary>
    public bool HasArrivals { get; init; } = true;

    /// <summary>
    /// The SLOs that have to hold: of <see cref="PlanObjective.Goodput" /> those that are no deadlines of a request, for who misses one is
    /// not counted and nothing more.
    /// </summary>
    public IEnumerable<SloTerm> Required =>
        Objective == PlanObjective.Goodput ? Slos.Where(slo => !IsDeadline(slo)) : Slos;

    /// <summary>Whether a limit is one that each request can be held to: of its TTFT or its TPOT.</summary>
    public static bool IsDeadline(SloTerm slo) => slo is { IsUpper: true, Figure.Time: "ttft" or "tpot" };

    /// <summary>Dollars an hour of a candidate; null where its price is not known.</summary>
    public double? CostPerHour(Candidate candidate)
    {
        decimal sum = 0;
        foreach (var (_, layout, count) in candidate.Shape.Roles(candidate.Size))
        {
            if (PriceOf(layout.Hardware) is not { } price)
            {
                return null;
            }

            sum += price.Of(count * layout.Accelerators);
        }

        return (double)sum;
    }

    /// <summary>What the least of is looked for: dollars an hour or accelerators.</summary>
    public double Weight(Candidate candidate) =>
        Objective == PlanObjective.Cost
            ? CostPerHour(candidate) ?? double.PositiveInfinity
            : candidate.Accelerators;

    /// <summary>Whether a candidate is within what may be bought; one without a price is within no budget.</summary>
    public bool Allows(Candidate candidate) =>
        candidate.Accelerators <= MaxAccelerators
        && (BudgetPerHour is not { } budget || CostPerHour(candidate) <= budget);

    /// <summary>Why a shape cannot be weighed; null where it can.</summary>
    public string? Unpriced(InstanceShape shape) =>
        (Objective == PlanObjective.Cost || BudgetPerHour is not null)
        && shape.Hardware.FirstOrDefault(hardware => PriceOf(hardware) is null) is { } unpriced
            ? $"no {PriceList.Terms[(int)Costs.Term]} price of {unpriced.Name} is known; give one with --prices, or choose --objective accelerators"
            : null;

    private Price? PriceOf(HardwareDescription hardware) => Costs.Prices.Find(hardware.Name, Costs.Term);
}
