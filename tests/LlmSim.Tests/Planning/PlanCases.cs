using LlmSim.Experiments;
using LlmSim.Experiments.Planning;
using LlmSim.Experiments.Slos;
using LlmSim.Metrics;
using LlmSim.Performance.Catalog;

namespace LlmSim.Tests.Planning;

/// <summary>Questions whose answers a test decides.</summary>
internal static class PlanCases
{
    public static LoadBound NoBound { get; } =
        new(RequestsPerSecond: 1, PrefillOps: 0, DecodeOps: 0, DecodeBytes: 0);

    public static InstanceShape Shape(string hardware, int tp, bool isDisaggregated) =>
        isDisaggregated
            ? new() { Layout = Layout(hardware, tp), DecodeLayout = Layout(hardware, tp) }
            : new() { Layout = Layout(hardware, tp) };

    public static InstanceLayout Layout(string hardware, int tp) =>
        new() { Hardware = HardwareCatalog.BuiltIn.Get(hardware), TpSize = tp };

    public static PlanQuestion Question(IReadOnlyList<InstanceShape> shapes) =>
        new()
        {
            Base = new RunConfiguration(),
            Slos = SloTerms.Parse("prefill_queue_mean<1s", "--slo").Terms,
            Shapes = shapes,
            Objective = PlanObjective.Accelerators,
        };

    /// <summary>What holds, or does not, by a figure far from its limit.</summary>
    public static Judgement Judged(PlanQuestion question, Probe probe, bool holds) =>
        new(
            probe,
            [],
            [
                new TermJudgement(
                    question.Slos[0],
                    MeanEstimate.Of([question.Slos[0].Value * (holds ? 0.5 : 2)]),
                    UpperRatio: null
                ),
            ],
            failure: null
        );

    public static PlanAnswer Answer(PlanQuestion question, Func<Probe, bool> holds) =>
        new Planner(
            question,
            NoBound,
            probes =>
                [
                    .. probes.Select(probe =>
                        Judged(question, probe, probe.Level == ProbeLevel.Idle || holds(probe))
                    ),
                ]
        ).Answer();
}
