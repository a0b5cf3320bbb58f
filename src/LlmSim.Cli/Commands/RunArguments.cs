using System.CommandLine;
using LlmSim.Experiments;
using LlmSim.Experiments.Performance;
using LlmSim.Experiments.Sweeps;
using LlmSim.Policies;

namespace LlmSim.Cli.Commands;

/// <summary>Everything that decides what is simulated: the options that <c>run</c> and the files of <c>sweep</c> have in common.</summary>
internal sealed partial class RunArguments
{
    private static readonly RunConfiguration s_defaults = new();

    private readonly WorkloadArguments _workload = new();
    private readonly ModelArguments _model = new();
    private readonly PerformanceArguments _performance = new();
    private readonly ClientArguments _clients = new();
    private readonly StatisticsArguments _statistics = new();
    private readonly SemanticsArguments _semantics = new();
    private readonly PluginArguments _plugins = new();
    private readonly Option<string> _prefillConfig = ClusterFile("prefill_config", "prefill");
    private readonly Option<string> _decodeConfig = ClusterFile("decode_config", "decode");

    private readonly Option<string> _cluster = CliOption.File(
        "cluster",
        "the whole cluster in one list, each instance with a \"role\": prefill, decode or mixed; in the place of the two above"
    );

    private readonly Option<string> _prefillGlobal = Policy(
        "prefill_global",
        "routes arriving requests to prefill instances",
        s_defaults.PrefillGlobal,
        PolicyDecisions.PrefillGlobal
    );

    private readonly Option<string> _prefillLocal = Policy(
        "prefill_local",
        "picks the next request of a prefill queue",
        s_defaults.PrefillLocal,
        PolicyDecisions.PrefillLocal
    );

    private readonly Option<string> _decodeGlobal = Policy(
        "decode_global",
        "routes prefilled requests to decode instances",
        s_defaults.DecodeGlobal,
        PolicyDecisions.DecodeGlobal
    );

    private readonly Option<string> _decodeLocal = Policy(
        "decode_local",
        "picks the next request of a decode queue",
        s_defaults.DecodeLocal,
        PolicyDecisions.DecodeLocal
    );

    private readonly Option<string> _admissionPolicy = Policy(
        "admission_policy",
        "says which requests the cluster takes, several joined by +; without it all are taken",
        null,
        PolicyDecisions.Admission
    );

    private readonly Option<string> _victim = Policy(
        "victim",
        "chooses whom an instance preempts when its KV memory runs out; without it the rule of the instance holds",
        null,
        PolicyDecisions.Victim
    );

    private readonly Option<string> _batching = Policy(
        "batching",
        "plans the iterations of engines of kind vllm: which running requests get how many tokens, who is admitted, who is preempted; without it the rule of the engine holds",
        null,
        PolicyDecisions.Batching
    );

    private readonly Option<string> _outputPredictor = CliOption.Text(
        "output_predictor",
        "what policies are told about output lengths: none, oracle, noisy:sigma=0.3, or what a policy predicts",
        s_defaults.OutputPredictor,
        "NAME",
        new OptionValue.Text(() => ["none", "oracle", "noisy:sigma=0.3", "class_mean"])
    );

    private readonly Option<string> _routerStaleness = CliOption.Text(
        "router_staleness",
        $"how old the load of instances is that routers see: {RouterStaleness.Form} [0: as it is]",
        null,
        "TIME"
    );

    private readonly Option<string> _expertSkew = Skew();

    private readonly Option<double> _ttftSlo = Slo(
        "ttft_slo",
        "time to first token",
        s_defaults.TtftSloSeconds
    );
    private readonly Option<double> _tpotSlo = Slo(
        "tpot_slo",
        "time per output token",
        s_defaults.TpotSloSeconds
    );

    /// <summary>Reads one point of a sweep, written as a command line.</summary>
    private readonly Command _point = new("point");

    public RunArguments()
    {
        foreach (var option in Groups.Concat(SemanticsGroups).SelectMany(group => group.Options))
        {
            _point.Add(option);
        }
    }

    /// <summary>Each of them may have several values: a run with all combinations is a sweep.</summary>
    public IReadOnlyList<OptionGroup> Groups =>
        [
            _workload.Group,
            new("Cluster", [_prefillConfig, _decodeConfig, _cluster]),
            _model.Group,
            new("Performance", [.. _performance.Group.Options, _expertSkew]),
            new(
                "Policies (see llmsim policies; options as NAME:key=value,key=value)",
                [
                    _prefillGlobal,
                    _prefillLocal,
                    _decodeGlobal,
                    _decodeLocal,
                    _admissionPolicy,
                    _victim,
                    _batching,
                    _outputPredictor,
                    _routerStaleness,
                ]
            ),
            new("Service level objectives", [_ttftSlo, _tpotSlo]),
            _clients.ClientGroup,
            _clients.FleetGroup,
            _statistics.Group,
        ];

    /// <summary>The semantics: the same, apart because help shows them last.</summary>
    public IReadOnlyList<OptionGroup> SemanticsGroups => _semantics.Groups;

    /// <summary>Where policies, models and accelerators come from: the same for all points.</summary>
    public OptionGroup PluginGroup => _plugins.Group;

    /// <summary>The plan of a command line: one point, or all combinations of the options that have several values.</summary>
    public SweepPlan Plan(ParseResult parse, CliConsole console)
    {
        var given = Given(parse);
        return Plan(
            [.. given.Where(g => g.Values is [_]).Select(g => new Setting(g.Name, g.Values[0]))],
            [.. given.Where(g => g.Values.Length > 1).Select(g => SweepAxis.Of(g.Name, g.Values))],
            parse,
            console
        );
    }

    /// <summary>What several clusters may be served with, each in another way.</summary>
    public OptionGroup ServingGroup =>
        new("", [_model.Format, _prefillGlobal, _prefillLocal, _decodeGlobal, _decodeLocal]);

    /// <summary>Simulations with clusters that the caller makes: one, or all combinations of the options that have several values.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="settings">What is given besides: options that the command line must not have.</param>
    /// <param name="defaults">What holds where the command line does not say.</param>
    /// <param name="console">Is told what was loaded.</param>
    /// <exception cref="UserErrorException">An option is wrong, or gives a cluster.</exception>
    public SweepPlan WithoutCluster(
        ParseResult parse,
        IReadOnlyList<Setting> settings,
        IReadOnlyList<Setting> defaults,
        CliConsole console
    )
    {
        var options = Given(parse);
        Setting[] given = [.. options.Select(option => new Setting(option.Name, option.Values[0]))];
        string[] clusters = [.. new[] { _prefillConfig, _decodeConfig, _cluster }.Select(Name)];
        if (Array.Find(given, setting => clusters.Contains(setting.Option)) is { Option: not null } cluster)
        {
            throw new UserErrorException(
                $"--{cluster.Option}: the cluster is what is looked for; leave it out"
            );
        }

        if (
            Array.Find(given, setting => settings.Any(one => one.Option == setting.Option)) is
            { Option: not null } twice
        )
        {
            throw new UserErrorException(
                $"--{twice.Option}: the workload that is named says it already; leave one of them out"
            );
        }

        var left = defaults.Where(one => !Array.Exists(given, setting => setting.Option == one.Option));
        var several = options.Where(option => option.Values.Length > 1).ToArray();
        var single = given.Where(setting => !Array.Exists(several, option => option.Name == setting.Option));
        return Plan(
            [.. single, .. settings, .. left],
            [
                .. several.Select(option =>
                    SweepAxis.Of(option.Name, option.Values.Distinct(StringComparer.Ordinal))
                ),
            ],
            parse,
            console
        );
    }

    /// <summary>The plan of a sweep file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parse">Has the folders of the user's own policies, models and accelerators.</param>
    /// <param name="console">Is told what was loaded from those folders.</param>
    /// <exception cref="UserErrorException">The file is wrong; the message has file and line.</exception>
    public SweepPlan Plan(string path, ParseResult parse, CliConsole console)
    {
        var file = Read(path);
        try
        {
            return Plan(file.Base, file.Axes, parse, console);
        }
        catch (OwnCodeException e) when (!UnixFile.IsRegular(path))
        {
            throw new UserErrorException(
                $"{path}: is a pipe, and a sweep with code of your own is read twice; allowed: a file",
                e
            );
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>The settings of a sweep file, each of them checked.</summary>
    /// <exception cref="UserErrorException">The file is wrong; the message has file and line.</exception>
    public SweepFile Read(string path)
    {
        var names = _point.Options.SelectMany(option => option.Aliases.Append(option.Name));
        return SweepFile.Read(
            path,
            [.. names.Select(name => name.TrimStart('-'))],
            setting => Configuration([setting])
        );
    }

    private SweepPlan Plan(
        IReadOnlyList<Setting> settings,
        IReadOnlyList<SweepAxis> axes,
        ParseResult parse,
        CliConsole console
    )
    {
        var plan = SweepPlan.Create(axes, point => Configuration([.. settings, .. point]), settings);
        var named = plan.Points.SelectMany(point => Experiment.NamedPolicies(point.Configuration)).Distinct();
        var sources = plan.Points.Select(point => point.Configuration.Performance);
        return plan.With(_plugins.Load(parse, [.. named], sources, console));
    }

    /// <summary>What some settings say, and the defaults beside them.</summary>
    /// <exception cref="UserErrorException">One is not understood.</exception>
    public RunConfiguration Configuration(IEnumerable<Setting> settings)
    {
        var parse = _point.Parse([.. settings.Select(setting => $"--{setting.Option}={setting.Value}")]);
        return parse.Errors is [var error, ..] ? throw new UserErrorException(error.Message) : Read(parse);
    }

    private RunConfiguration Read(ParseResult parse) =>
        _statistics.Read(parse, _clients.Read(parse, ReadScenario(parse)));

    private RunConfiguration ReadScenario(ParseResult parse)
    {
        var staleness = RouterStaleness.Parse(parse.GetValue(_routerStaleness));
        return _workload.Read(
            parse,
            new RunConfiguration
            {
                Model = _model.Model(parse),
                MaxModelLen = _model.MaxModelLen(parse),
                Precision = _model.Precision(parse),
                Performance = _performance.Read(parse),
                ExpertSkew = ExpertSkewOption.Parse(parse.GetValue(_expertSkew)),
                PrefillConfig = parse.GetValue(_prefillConfig),
                DecodeConfig = parse.GetValue(_decodeConfig),
                Cluster = parse.GetValue(_cluster),
                PrefillGlobal = parse.GetRequiredValue(_prefillGlobal),
                PrefillLocal = parse.GetRequiredValue(_prefillLocal),
                DecodeGlobal = parse.GetRequiredValue(_decodeGlobal),
                DecodeLocal = parse.GetRequiredValue(_decodeLocal),
                AdmissionPolicy = parse.GetValue(_admissionPolicy),
                Victim = parse.GetValue(_victim),
                Batching = parse.GetValue(_batching),
                OutputPredictor = parse.GetRequiredValue(_outputPredictor),
                RouterStalenessSeconds = staleness.Seconds,
                RouterLoadIsPushed = staleness.IsPushed,
                TtftSloSeconds = parse.GetValue(_ttftSlo),
                TpotSloSeconds = parse.GetValue(_tpotSlo),
                Semantics = _semantics.Read(parse),
            }
        );
    }
}
