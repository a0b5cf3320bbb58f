using LlmSim.Experiments.Extensions;
using LlmSim.Policies;

namespace LlmSim.Experiments;

/// <content>The policies of a configuration.</content>
internal static partial class Experiment
{
    /// <summary>New policies: each run has its own, because they may remember.</summary>
    internal static PolicySet CreatePolicies(RunConfiguration configuration) =>
        configuration.Catalogs.Policies.CreateSet(
            configuration.PrefillGlobal,
            configuration.PrefillLocal,
            configuration.DecodeGlobal,
            configuration.DecodeLocal
        ) with
        {
            Admission = configuration.Catalogs.Policies.CreateAdmission(configuration.AdmissionPolicy),
            Victim = configuration.Victim is { } victim
                ? configuration.Catalogs.Policies.CreateVictim(victim)
                : null,
            Batching = configuration.Batching is { } batching
                ? configuration.Catalogs.Policies.CreateBatching(batching)
                : null,
            OutputPredictor = OutputPredictors.IsPolicy(configuration.OutputPredictor)
                ? configuration.Catalogs.Policies.CreateOutputPredictor(configuration.OutputPredictor)
                : null,
        };

    /// <summary>What a configuration names of policies.</summary>
    internal static IEnumerable<NamedPolicy> NamedPolicies(RunConfiguration configuration) =>
        [
            new(PolicyDecisions.PrefillGlobal, configuration.PrefillGlobal),
            new(PolicyDecisions.PrefillLocal, configuration.PrefillLocal),
            new(PolicyDecisions.DecodeGlobal, configuration.DecodeGlobal),
            new(PolicyDecisions.DecodeLocal, configuration.DecodeLocal),
            .. configuration.AdmissionPolicy is { } admission
                ? PolicyCatalog
                    .Parts(admission)
                    .Select(part => new NamedPolicy(PolicyDecisions.Admission, part))
                : [],
            .. configuration.Victim is { } victim
                ? new[] { new NamedPolicy(PolicyDecisions.Victim, victim) }
                : [],
            .. configuration.Batching is { } batching
                ? new[] { new NamedPolicy(PolicyDecisions.Batching, batching) }
                : [],
            .. configuration.Autoscale is { } autoscale
                ? new[] { new NamedPolicy(PolicyDecisions.Autoscale, autoscale) }
                : [],
            .. OutputPredictors.IsPolicy(configuration.OutputPredictor)
                ? new[] { new NamedPolicy(PolicyDecisions.OutputPredictor, configuration.OutputPredictor) }
                : [],
        ];
}
