using LlmSim.Experiments.Fleets;
using LlmSim.Metrics;

namespace LlmSim.Experiments.Results;

/// <content>Columns of instances that come and go.</content>
internal static partial class SummaryCsv
{
    private static IEnumerable<(string Name, object? Value)> FleetSettings(RunConfiguration c) =>
        [
            ("faults", c.Faults),
            ("failures", WithoutCommas(c.Failures ?? "")),
            ("lost_requests", c.LostRequests),
            ("start_time", WithoutCommas(c.StartTime ?? "")),
            ("autoscale", WithoutCommas(c.Autoscale ?? "")),
            ("autoscale_limits", WithoutCommas(c.AutoscaleLimits ?? "")),
            ("switch_time", c.SwitchTime),
            ("drain", FleetOptions.Drains[c.DrainsByMigration ? 1 : 0]),
        ];

    private static IEnumerable<(string Name, object? Value)> FleetFigures(FleetSummary? fleet) =>
        [
            ("instance_failures", fleet?.Failures),
            ("availability_pct", fleet?.AvailabilityPercent),
            ("mean_ready_instances", fleet?.MeanReadyInstances),
            ("accelerator_seconds", fleet?.AcceleratorSeconds),
            ("idle_accelerator_seconds", fleet?.IdleAcceleratorSeconds),
            ("recovery_seconds", fleet?.RecoverySeconds),
            ("goodput_during_failures", fleet?.GoodputDuringFailures),
            ("goodput_without_failures", fleet?.GoodputWithoutFailures),
            ("role_switches", fleet?.RoleSwitches),
            ("model_swaps", fleet?.Swaps),
            ("migrations", fleet?.Migrations),
            ("migrated_bytes", fleet?.MigratedBytes),
        ];
}
