using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Oracles;

/// <summary>
/// Two classes under priorities that interrupt nobody, before one server (Cobham, "Priority assignment in waiting line problems", 1954): with R = λ E[S²] / 2
/// the first waits R / (1 − ρ₁) on average and the second R / ((1 − ρ₁)(1 − ρ)).
/// </summary>
public sealed class CobhamTests
{
    private const double TokensPerSecond = 1e6;
    private const double Utilization = 0.7;
    private const double UrgentShare = 0.4;

    private static readonly RequestOrigin s_urgent = new() { Class = "urgent", Priority = -1 };
    private static readonly RequestOrigin s_other = new() { Class = "other", Priority = 1 };

    [Theory]
    [InlineData("urgent", false)]
    [InlineData("other", false)]
    [InlineData("urgent", true)]
    [InlineData("other", true)]
    public void Two_classes_wait_as_in_the_closed_form(string name, bool isFixed)
    {
        var prompts = isFixed ? Lengths.Fixed((int)TokensPerSecond) : Lengths.Exponential(TokensPerSecond);
        var (estimate, halfWidth) = QueueingRun.Mean(
            () =>
            {
                var scenario = Scenarios.Abstract(new ServiceTimes(1 / TokensPerSecond, 1));
                return scenario with
                {
                    Policies = scenario.Policies with
                    {
                        PrefillLocal = PolicyCatalog.BuiltIn.CreateLocal(
                            "priority",
                            PolicyDecisions.PrefillLocal
                        ),
                    },
                };
            },
            replications: 60,
            requests: 60_000,
            Utilization,
            prompts,
            Lengths.Fixed(1),
            record => record.Origin!.Class == name ? record.PrefillQueueSeconds : double.NaN,
            random => random.NextDouble() < UrgentShare ? s_urgent : s_other
        );

        var residual = Utilization * prompts.SecondMoment / (TokensPerSecond * TokensPerSecond) / 2;
        var urgent = residual / (1 - (UrgentShare * Utilization));
        Oracle.AssertInside(name == "urgent" ? urgent : urgent / (1 - Utilization), estimate, halfWidth);
    }
}
