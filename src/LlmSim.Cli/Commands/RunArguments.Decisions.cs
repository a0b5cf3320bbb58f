using System.CommandLine;
using LlmSim.Policies;

namespace LlmSim.Cli.Commands;

/// <content>The policies of a run.</content>
internal sealed partial class RunArguments
{
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
}
