using LlmSim.Kernel;

namespace LlmSim.Policies;

/// <summary>
/// A request as a policy sees it: what a real scheduler could know. There is no true output length. It is valid until the
/// request has left the cluster, so a policy that remembers a request keeps its <see cref="Id" />.
/// </summary>
public readonly struct RequestView
{
    internal RequestView(Request source) => Source = source;

    internal Request Source { get; }

    /// <summary>Number of the request in the workload.</summary>
    public long Id => Source.Id;

    /// <summary>When it reached the cluster.</summary>
    public SimTime Arrival => Source.Arrival;

    /// <summary>When it joined the queue that it is in.</summary>
    public SimTime Queued => Source.Queued;

    /// <summary>When its first token must have come to meet the TTFT SLO.</summary>
    public SimTime TtftDeadline => Source.TtftDeadline;

    /// <summary>When its client wants its last token; the end of the clock without a deadline.</summary>
    public SimTime Deadline => Source.Deadline;

    /// <summary>Its class, such as "chat" or "batch".</summary>
    public string Class => Source.Origin.Class;

    /// <summary>The customer that it belongs to.</summary>
    public string Tenant => Source.Origin.Tenant;

    /// <summary>Name of the model that is to answer; null for the model of the cluster.</summary>
    public string? Model => Source.Model;

    /// <summary>Name of the LoRA adapter that it asks for; null for the model as it is.</summary>
    public string? Adapter => Source.Adapter;

    /// <summary>Its rank: the lower, the more urgent. 0 unless the workload says otherwise.</summary>
    public int Priority => Source.Origin.Priority;

    /// <summary>Share of its tenant beside others', above 0. 1 unless the workload says otherwise.</summary>
    public double Weight => Source.Origin.Weight;

    /// <summary>Length of its prompt in tokens.</summary>
    public int PromptTokens => Source.InputTokens;

    /// <summary>Tokens that it has generated so far.</summary>
    public int GeneratedTokens => Source.GeneratedTokens;

    /// <summary>Tokens whose KV cache it holds, or has to have before it can generate its next token.</summary>
    public int ContextTokens => Source.ContextTokens;

    /// <summary>Output length in tokens as the run's predictor sees it; null when there is no predictor.</summary>
    public int? PredictedOutputTokens => Source.PredictedOutputTokens;

    /// <summary>Seconds that its prefill takes on the instance it is queued on; 0 before one was chosen.</summary>
    public double PrefillSeconds => Source.PrefillDuration.Seconds;
}
