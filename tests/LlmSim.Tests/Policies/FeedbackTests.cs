using LlmSim.Clients;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Policies;

/// <summary>Policies hear what became of requests, of every decision and of every attempt.</summary>
public sealed class FeedbackTests
{
    [Fact]
    public void A_policy_is_told_what_the_results_say()
    {
        var learner = new Learner();
        var records = new List<RequestRecord>();
        var scenario = Scenarios.Abstract(new ServiceTimes(0.01, 0.001));
        Simulator.Run(
            scenario with
            {
                Policies = scenario.Policies with { DecodeGlobal = learner },
            },
            Enumerable
                .Range(0, 5)
                .Select(id => new RequestSpec(id, SimTime.FromSeconds(id), 100 + (100 * id), 1 + (2 * id))
                {
                    Origin = new RequestOrigin { Class = "chat", Tenant = $"t{id}" },
                }),
            records.Add
        );

        Assert.Equal(5, records.Count);
        Assert.Equal(records.Select(Of), learner.Told);

        static (long, string, int, int, double, double, Outcome, int, int) Of(RequestRecord record) =>
            (
                record.Id,
                record.Origin!.Tenant,
                record.TraceInputTokens,
                record.TraceOutputTokens,
                Math.Round(record.TtftSeconds, 9),
                record.TraceOutputTokens == 1 ? 0 : Math.Round(record.TpotSeconds, 9),
                record.Outcome,
                record.PrefillInstance,
                record.DecodeInstance
            );
    }

    [Fact]
    public void Attempts_that_were_turned_away_are_told_as_well()
    {
        var learner = new Learner();
        var scenario = Scenarios.Abstract(new ServiceTimes(0.01, 0.001));
        var summary = Simulator.Run(
            scenario with
            {
                Policies = scenario.Policies with { Admission = [learner] },
                Clients = new ClientBehavior { MaxRetries = 3 },
            },
            [new RequestSpec(0, SimTime.Zero, 100, 2)]
        );

        // The learner takes what it has been told of twice.
        Assert.Equal((1, 2), (summary.Finished, summary.Service!.Retries));
        Assert.Equal(
            [Outcome.Rejected, Outcome.Rejected, Outcome.Finished],
            learner.Told.Select(told => told.Outcome)
        );
        Assert.Equal([0, 0, 2], learner.Told.Select(told => told.Output));
    }

    private sealed class Learner : IGlobalPolicy, IAdmissionPolicy, IFeedbackPolicy
    {
        public List<(
            long Id,
            string Tenant,
            int Prompt,
            int Output,
            double Ttft,
            double Tpot,
            Outcome Outcome,
            int Prefill,
            int Decode
        )> Told { get; } = [];

        public int Choose(in GlobalContext context) => 0;

        public bool Admit(in AdmissionContext context) => Told.Count >= 2;

        public void OnFinished(in FinishedRequest request) =>
            Told.Add(
                (
                    request.Id,
                    request.Tenant,
                    request.PromptTokens,
                    request.OutputTokens,
                    double.IsNaN(request.TtftSeconds) ? 0 : Math.Round(request.TtftSeconds, 9),
                    double.IsNaN(request.TpotSeconds) ? 0 : Math.Round(request.TpotSeconds, 9),
                    request.Outcome,
                    request.PrefillInstance,
                    request.DecodeInstance
                )
            );
    }
}
