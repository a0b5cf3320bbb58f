using System.Globalization;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;

namespace LlmSim.Experiments.Verification;

/// <summary>
/// A second pass over a run, which shares nothing with the first but the records: it keeps all of them, recomputes the figures of the
/// summary by their definitions, and states what has to hold of any run. docs/metrics.md lists what it cannot recompute.
/// </summary>
internal sealed class RunVerification
{
    private readonly Scenario _scenario;
    private readonly List<RequestRecord> _records = [];
    private readonly Findings _findings = new();
    private readonly SampleChecks _samples;

    /// <summary>A pass over the run of a scenario, which says what is measured.</summary>
    public RunVerification(Scenario scenario)
    {
        _scenario = scenario;
        _samples = new SampleChecks(_findings, scenario);
    }

    public void Add(RequestRecord record) => _records.Add(record);

    /// <summary>The sampling that was asked for, with what the second pass looks at; samples change no result.</summary>
    public SamplingPlan Watch(SamplingPlan? asked) => _samples.Watch(asked);

    /// <summary>Compares the summary with the records.</summary>
    /// <param name="summary">The figures of the run.</param>
    /// <param name="ttftSloSeconds">The TTFT SLO that they were counted against.</param>
    /// <param name="tpotSloSeconds">The TPOT SLO.</param>
    /// <returns>What was compared, in words.</returns>
    /// <exception cref="InvariantViolationException">Something differs; the message says what.</exception>
    public string Require(RunSummary summary, double ttftSloSeconds, double tpotSloSeconds)
    {
        RequestRecord[] records = [.. _records.OrderBy(record => record.Arrival).ThenBy(record => record.Id)];
        RecordChecks.Check(_findings, _scenario, records);
        new FigureChecks(_findings, _scenario, records).Check(summary, ttftSloSeconds, tpotSloSeconds);
        if (summary.Service is { } service)
        {
            ServiceChecks.Check(_findings, records, service, _scenario.Model.Id);
        }

        // Of attempts that came to nothing there are no records: what instances did is not in them.
        if (!_scenario.FollowsRequests)
        {
            RecordChecks.CheckNoOverlap(_findings, _scenario, records.Where(record => !record.IsRejected));
            OverloadCheck.Check(_findings, _scenario, records, summary.QueueGrows);
            new InstanceChecks(_findings, _scenario, records).Check(summary);
            _samples.Check(records);
        }

        _findings.RequireNone();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_findings.Checks:N0} comparisons hold in a second pass over {records.Length:N0} records and {_samples.Instants:N0} instants of {_scenario.Instances.Count():N0} instances"
        );
    }
}
