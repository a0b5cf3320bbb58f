using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Fleets;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Plots;
using LlmSim.Experiments.Reports;
using LlmSim.Experiments.Results;
using LlmSim.Experiments.Samples;
using LlmSim.Experiments.Steady;
using LlmSim.Experiments.Verification;
using LlmSim.Experiments.Workloads;
using LlmSim.Metrics;
using LlmSim.Metrics.Sampling;
using LlmSim.Performance;

namespace LlmSim.Experiments;

/// <summary>Runs a simulation from a configuration to result files.</summary>
internal static partial class Experiment
{
    /// <summary>
    /// Simulates, and writes the result files: all of them whole, or none when something goes wrong. Paths that cannot be
    /// written are found before the simulation.
    /// </summary>
    /// <param name="configuration">What to simulate.</param>
    /// <param name="outputs">What to write.</param>
    /// <param name="onProgress">Called now and then.</param>
    /// <param name="cancellation">Stops the run with an <see cref="OperationCanceledException" />.</param>
    /// <exception cref="UserErrorException">The configuration, an input file or an output path is wrong.</exception>
    public static RunResult Run(
        RunConfiguration configuration,
        OutputPaths outputs,
        Action<RunProgress>? onProgress = null,
        CancellationToken cancellation = default
    )
    {
        using var claims = FileClaims.Begin();
        var (scenario, prediction) = CreatePredicted(configuration, PerformanceFiles.Disk);
        WorkloadFacts? facts = null;
        var workload = CreateRequests(configuration, scenario, known => facts = known);
        SampleForecast.RequireWithinLimit(outputs.Samples, CreateWorkload(configuration), scenario);
        scenario = scenario with
        {
            Measured = LeftOut.Window(
                configuration,
                workload,
                () => SteadyState.WarmUp(configuration, scenario, workload, cancellation)
            ),
        };
        using var files = new OutputSet();
        var requests = OpenRequests(files, outputs.Requests, configuration, scenario);
        var csv = outputs.Csv is null ? null : files.Add("--csv_output", outputs.Csv);
        var service = outputs.Service is null ? null : files.Add(ServiceCsv.Option, outputs.Service);
        var json = outputs.Json is null ? null : files.Add("--json", outputs.Json);
        var report = outputs.Report?.Open(files);
        var observations =
            outputs.Plots is null && report is null
                ? null
                : new RunObservations(configuration.TtftSloSeconds, configuration.TpotSloSeconds);
        var samples = new SampleRecorder(files, outputs.Samples, keep: observations is not null);
        var pictures = outputs.Plots is null
            ? null
            : new RunPictures(
                outputs.Plots,
                TierNote.Of(prediction),
                new PlotChoices
                {
                    TtftSloSeconds = configuration.TtftSloSeconds,
                    TpotSloSeconds = configuration.TpotSloSeconds,
                }
            );
        using var trace = outputs.Trace is null ? null : new PerfettoTrace(files, outputs.Trace, scenario);
        var verification = outputs.Verify ? new RunVerification(scenario) : null;

        var series = outputs.Intervals
            ? new RequestSeries(configuration.TtftSloSeconds, configuration.TpotSloSeconds)
            : null;

        void OnRequest(RequestRecord record)
        {
            series?.Add(record);
            requests?.Add(record);
            observations?.Add(record);
            trace?.Add(record);
            verification?.Add(record);
        }

        var summary = Simulator.Watch(
            scenario,
            workload,
            requests is null
            && observations is null
            && trace is null
            && verification is null
            && series is null
                ? null
                : OnRequest,
            onProgress,
            WithIterations(verification is null ? samples.Plan : verification.Watch(samples.Plan), trace),
            cancellation: cancellation
        );
        var result = new RunResult(
            ProductVersion.Text,
            WithFacts(configuration, facts!),
            scenario.PrefillInstances,
            scenario.DecodeInstances,
            summary
        )
        {
            MixedInstances = scenario.MixedInstances,
            EncodeInstances = scenario.EncodeInstances.Count == 0 ? null : scenario.EncodeInstances,
            Precision = ServedModels.DescribePrecision(scenario),
            Prediction = prediction,
            Notices = ServedModels.Notices(scenario),
            Trace = facts!.Trace,
            ArrivalsReason = facts.Arrivals.Reason,
            Precise = outputs.Precise,
            Intervals = series is null ? null : [.. RequestSeries.Main.Select(series.IntervalOf)],
            Verification = verification?.Require(
                summary,
                configuration.TtftSloSeconds,
                configuration.TpotSloSeconds
            ),
        };

        result = result.Judged(outputs.Costs, outputs.Required);
        requests?.Complete();
        samples.Complete();
        trace?.Complete();
        if (observations is not null)
        {
            observations.Samples = samples.Kept;
            pictures?.Draw(files, observations, summary, cancellation);
        }

        if (report is not null)
        {
            ReportPage.Write(report, RunPage.Of(result, observations!, outputs.Report!.Command));
        }

        if (csv is not null)
        {
            SummaryCsv.Write(csv, [result]);
        }

        if (service is not null)
        {
            ServiceCsv.Write(service, [result]);
        }

        if (json is not null)
        {
            SummaryJson.Write(json, result);
        }

        files.Commit();
        return trace is null ? result : result with { TraceEvents = trace.Describe() };
    }

    /// <summary>The sampling that was asked for, with the iterations for a trace.</summary>
    private static SamplingPlan? WithIterations(SamplingPlan? sampling, PerfettoTrace? trace) =>
        trace is null ? sampling : (sampling ?? new SamplingPlan(_ => { })) with { OnIteration = trace.Add };

    /// <summary>A scenario with policies of its own, from the catalogs and the cluster files.</summary>
    /// <exception cref="UserErrorException">A name is unknown or a file is wrong.</exception>
    public static Scenario CreateScenario(RunConfiguration configuration) =>
        CreatePredicted(configuration, PerformanceFiles.Disk).Scenario;

    /// <summary>The same with what its times rest on; measured profiles and operations are from where the caller keeps them.</summary>
    internal static (Scenario Scenario, Prediction Prediction) CreatePredicted(
        RunConfiguration configuration,
        PerformanceFiles files
    )
    {
        var model = ModelSource.Load(
            configuration.Model,
            configuration.Catalogs.Models,
            configuration.MaxModelLen
        );
        var precision = configuration.Precision.Resolve(model);
        var cluster = ClusterSource.Load(configuration);
        var others = ServedModels.Of(configuration, cluster.All);
        var choose = PerformanceSource.ChooserOfAll(
            configuration,
            others.Prepend(new ServedModel(model) { Precision = precision }),
            files
        );
        var scenario = new Scenario
        {
            Model = model,
            Precision = precision,
            OtherModels = others,
            PrefillInstances = cluster.Prefill,
            DecodeInstances = cluster.Decode,
            MixedInstances = cluster.Mixed,
            EncodeInstances = cluster.Encode,
            Policies = CreatePolicies(configuration),
            Semantics = configuration.Semantics,
            Concurrency = configuration.Concurrency,
            Seed = configuration.Seed,
            TtftSloSeconds = configuration.TtftSloSeconds,
            TpotSloSeconds = configuration.TpotSloSeconds,
            OutputPredictor = OutputPredictors.Parse(
                configuration.OutputPredictor,
                configuration.Catalogs.Policies
            ),
            RouterStalenessSeconds = configuration.RouterStalenessSeconds,
            RouterLoadIsPushed = configuration.RouterLoadIsPushed,
            Clients = ClientOptions.Of(configuration),
            Fleet = FleetOptions.Of(configuration, others.Select(other => other.Name), cluster.Swaps),
            PerformanceModelFactory = PerformanceSource.Factory(configuration, choose),
        };
        ServedModels.RequireServed(configuration, scenario);
        scenario = WithImages(configuration, scenario, files);
        var prediction = Prediction.Of(scenario, choose);
        return (
            scenario with
            {
                RequestSeconds = PerformanceSource.RequestSeconds(scenario, choose),
            },
            prediction
        );
    }

    /// <summary>What the times of instances rest on, each.</summary>
    internal static IEnumerable<PredictionTier> Tiers(
        RunConfiguration configuration,
        IEnumerable<InstanceSpec> instances
    )
    {
        var model = ModelSource.Load(
            configuration.Model,
            configuration.Catalogs.Models,
            configuration.MaxModelLen
        );
        var precision = configuration.Precision.Resolve(model);
        var choose = PerformanceSource.Chooser(configuration, model, precision, PerformanceFiles.Disk);
        return instances.Distinct().Select(instance => choose(instance).Tier);
    }

    /// <summary>A writer of per-request results; null without a path.</summary>
    /// <exception cref="UserErrorException">The path cannot be written.</exception>
    internal static RequestsWriter? OpenRequests(
        OutputSet files,
        string? path,
        RunConfiguration configuration,
        Scenario scenario
    )
    {
        if (path is null)
        {
            return null;
        }

        var create = RequestsWriter.ForExtension(OutputPaths.RequestsOption, path);
        return create(
            files.Add(OutputPaths.RequestsOption, path),
            RequestColumns.For(
                configuration.TtftSloSeconds,
                configuration.TpotSloSeconds,
                scenario.OtherModels.Count > 0 ? scenario.Model.Id : null,
                scenario.TakesImages,
                scenario.TakesVideos,
                scenario.TakesAudio
            )
        );
    }
}
