using LlmSim.Policies;

namespace MyPolicies;

[Policy(
    "earliest_finish",
    Decisions = PolicyDecisions.PrefillGlobal,
    Summary = "the instance on which the prefill would finish first"
)]
public sealed class EarliestFinishPolicy : IScoredGlobalPolicy
{
    [PolicyOption("load_weight", Min = 0, Max = 10, Summary = "weight of the work ahead of the request")]
    public double LoadWeight { get; set; } = 1;

    public double Score(in InstanceView instance, in RequestView request) =>
        (LoadWeight * instance.EstimatedWork(request)) + instance.PrefillSeconds(request);
}
