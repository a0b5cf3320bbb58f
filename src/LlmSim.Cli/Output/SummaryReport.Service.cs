using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Metrics;

namespace LlmSim.Cli.Output;

/// <content>Clients that react, classes and tenants, and the life of the instances.</content>
internal static partial class SummaryReport
{
    private const int MostGroupsShown = 12;

    private static void WriteService(RunResult result, CliConsole console)
    {
        if (result.Summary.Service is not { } service)
        {
            return;
        }

        var writer = console.Out;
        WriteClients(result.Summary, service, writer);
        WriteFleet(result.Summary.Fleet, writer);
        WriteGroups("Class", service.Classes, console);
        WriteGroups("Model", service.Models ?? [], console);
        if (service.Tenants.Count > 1)
        {
            WriteGroups("Tenant", service.Tenants, console);
            WriteWrapped(
                writer,
                "Fairness",
                $"Jain's index of tokens by weight {Figures.Number(service.JainIndex)}"
            );
        }
    }

    private static void WriteClients(RunSummary s, ServiceSummary service, TextWriter writer)
    {
        if (s.TimedOut + s.Failed + service.Retries + service.Failovers > 0)
        {
            WriteWrapped(
                writer,
                "Clients",
                $"{Figures.Count(s.TimedOut)} gave up, {Figures.Count(s.Failed)} lost with an instance; "
                    + $"{Figures.Count(service.Retries)} retries, {Figures.Count(service.Failovers)} failovers"
            );
            if (service.Retries > s.Requests)
            {
                Line(
                    writer,
                    "Retry storm",
                    "More retries than requests: clients ask again faster than they are served."
                );
            }
        }

        if (service.Conversations > 0)
        {
            WriteWrapped(
                writer,
                "Sessions",
                $"{Figures.Count(service.Conversations)} conversations, {Figures.Count(service.ConversationsBrokenOff)} broken off, "
                    + $"{Figures.Count(service.TurnsNotSent)} turns never sent"
            );
        }

        if (service.ComputedTokens > service.UsefulTokens)
        {
            var all = 100.0 / service.ComputedTokens;
            WriteWrapped(
                writer,
                "Tokens",
                $"{Figures.Count(service.ComputedTokens)} computed: {Figures.Number(all * service.UsefulTokens)} % useful, "
                    + $"{Figures.Number(all * service.RecomputedTokens)} % again, {Figures.Number(all * service.WastedTokens)} % in vain"
            );
        }
    }

    private static void WriteFleet(FleetSummary? fleet, TextWriter writer)
    {
        if (fleet is null)
        {
            return;
        }

        WriteWrapped(
            writer,
            "Fleet",
            $"{Figures.Number(fleet.MeanReadyInstances)} instances ready on average; {Figures.Count(fleet.Failures)} failures, "
                + $"{Figures.Count(fleet.Starts)} starts, {Figures.Count(fleet.Stops)} stops"
        );
        if (fleet.RoleSwitches > 0)
        {
            WriteWrapped(
                writer,
                "",
                $"{Figures.Count(fleet.RoleSwitches)} changes from prefill to decode or back"
            );
        }

        if (fleet.Swaps > 0)
        {
            WriteWrapped(writer, "", $"{Figures.Count(fleet.Swaps)} changes of the model");
        }

        if (fleet.Migrations > 0)
        {
            WriteWrapped(
                writer,
                "",
                $"{Figures.Count(fleet.Migrations)} KV caches went to another instance, {Figures.Number(fleet.MigratedBytes / 1e9)} GB"
            );
        }

        var recovery = double.IsNaN(fleet.RecoverySeconds)
            ? ""
            : $"; {Figures.Number(fleet.RecoverySeconds)} s to recover";
        WriteWrapped(
            writer,
            "",
            $"availability {Figures.Number(fleet.AvailabilityPercent)} %{recovery}; "
                + $"{Figures.Number(fleet.AcceleratorSeconds / 3600)} accelerator hours, "
                + $"{Figures.Number(100 * fleet.IdleAcceleratorSeconds / fleet.AcceleratorSeconds)} % of them idle"
        );
        if (!double.IsNaN(fleet.GoodputDuringFailures))
        {
            WriteWrapped(
                writer,
                "",
                $"goodput {Figures.Number(fleet.GoodputDuringFailures)}/s while an instance was down, "
                    + $"{Figures.Number(fleet.GoodputWithoutFailures)}/s otherwise"
            );
        }
    }

    private static void WriteGroups(string kind, IReadOnlyList<GroupSummary> groups, CliConsole console)
    {
        if (groups.Count == 0)
        {
            return;
        }

        console.Out.WriteLine();
        var table = TextTable.Create(
            kind,
            ">requests",
            ">finished",
            ">tokens %",
            ">TTFT p50",
            ">p99",
            ">TPOT p50",
            ">p99",
            ">SLO %"
        );
        foreach (var group in groups.Take(MostGroupsShown))
        {
            table.Add(
                group.Name,
                Figures.Count(group.Requests),
                Figures.Count(group.Finished),
                Figures.Number(group.TokenSharePercent),
                Figures.Number(group.TtftSeconds.P50),
                Figures.Number(group.TtftSeconds.P99),
                Figures.Number(group.TpotSeconds.P50),
                Figures.Number(group.TpotSeconds.P99),
                Figures.Number(group.AttainmentPercent)
            );
        }

        TextTable.Write(table, console);
        if (groups.Count > MostGroupsShown)
        {
            console.Out.WriteLine($"and {groups.Count - MostGroupsShown} more, which --json has");
        }
    }
}
