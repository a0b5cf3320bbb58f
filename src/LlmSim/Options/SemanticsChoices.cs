namespace LlmSim.Options;

/// <summary>Which tokens a decode iteration's attention reads.</summary>
internal enum DecodeAttentionContext
{
    /// <summary>One token a request: decode time does not grow with the context.</summary>
    One,

    /// <summary>The context of each request.</summary>
    Full,
}

/// <summary>Whether tensor parallelism divides attention.</summary>
internal enum AttentionTensorParallelism
{
    /// <summary>Each accelerator computes all heads.</summary>
    Replicated,

    /// <summary>Heads and KV heads are divided over the accelerators.</summary>
    Divided,
}

/// <summary>By how many accelerators the KV heads may be divided.</summary>
internal enum KvHeadLimit
{
    /// <summary>A degree of tensor parallelism that divides them.</summary>
    Divided,

    /// <summary>That, or a multiple of them: several accelerators then hold the same head.</summary>
    Copied,
}

/// <summary>What fused attention writes.</summary>
internal enum FlashOutput
{
    /// <summary>As much as two score matrices.</summary>
    ScoreMatrix,

    /// <summary>The attention output alone.</summary>
    Output,
}

/// <summary>Which pairs of query and key fused attention computes in prefill.</summary>
internal enum AttentionMask
{
    /// <summary>All pairs.</summary>
    Full,

    /// <summary>A query and the keys up to its own position: kernels skip the blocks above the diagonal.</summary>
    Causal,
}

/// <summary>How the projection to the vocabulary is counted.</summary>
internal enum LmHead
{
    /// <summary>One operation per weight and sequence, activations of one sequence, not divided.</summary>
    SingleOps,

    /// <summary>Two operations per weight and sequence, activations of each, the vocabulary divided by tp.</summary>
    Full,
}

/// <summary>At which rate an accelerator multiplies.</summary>
internal enum ArithmeticRate
{
    /// <summary>All operations at that of the widest of weights, activations and KV cache.</summary>
    Widest,

    /// <summary>Each operation at that of its own operands.</summary>
    Operands,
}

/// <summary>The format of embedding and lm_head.</summary>
internal enum EmbeddingFormat
{
    /// <summary>That of the layers.</summary>
    Layers,

    /// <summary>One of their own: 16 bits unless told otherwise.</summary>
    Own,
}

/// <summary>The format of what products write, norms work on and accelerators exchange.</summary>
internal enum HiddenStateFormat
{
    /// <summary>That of the activations that products read.</summary>
    Activations,

    /// <summary>One of its own: 16 bits unless told otherwise.</summary>
    Own,
}

/// <summary>What tensor-parallel ranks pay to exchange activations.</summary>
internal enum TensorParallelCommunication
{
    /// <summary>Nothing.</summary>
    Free,

    /// <summary>Two all-reduces a layer over the accelerators' link.</summary>
    AllReduce,
}

/// <summary>Where a byte count of the model comes from.</summary>
internal enum ModelBytes
{
    /// <summary>The reference's constant, whatever the model.</summary>
    Fixed,

    /// <summary>The shapes of the model and the precision.</summary>
    Model,
}

/// <summary>Which figures of an accelerator are used.</summary>
internal enum HardwareFigures
{
    /// <summary>Those of the reference's own table, where it has the accelerator; else the catalog's.</summary>
    Reference,

    /// <summary>The catalog's.</summary>
    Catalog,
}

/// <summary>How much memory an instance has for its KV cache.</summary>
internal enum MemoryLimit
{
    /// <summary>The memory of one accelerator less the weights / tp.</summary>
    OneGpu,

    /// <summary>tp × memory × utilisation − weights − activations and what else an engine takes.</summary>
    TensorParallelGroup,
}

/// <summary>What happens when the running batch outgrows the KV memory.</summary>
internal enum Saturation
{
    /// <summary>Everything is evicted and decodes on, later, with its KV cache for free.</summary>
    EvictAll,

    /// <summary>The newest are preempted until the rest fits; their context is prefilled again.</summary>
    PreemptNewest,
}

/// <summary>When a queued request may join the decode batch.</summary>
internal enum Admission
{
    /// <summary>While memory is below the limit: the last one admitted may overshoot it.</summary>
    Overshoot,

    /// <summary>When it fits together with the next token of everyone.</summary>
    Strict,
}

/// <summary>Which context lengths a decode iteration is charged for.</summary>
internal enum BatchPadding
{
    /// <summary>Every request is padded to the longest.</summary>
    Longest,

    /// <summary>Each request's own.</summary>
    Own,
}

/// <summary>Which tokens the decode stage generates.</summary>
internal enum OutputTokens
{
    /// <summary>All output_length of them.</summary>
    AllFromDecode,

    /// <summary>The prefill yields the first, decode the other output_length − 1.</summary>
    FirstFromPrefill,
}

/// <summary>When the client gets the token of the prefill, where another instance decodes.</summary>
internal enum FirstToken
{
    /// <summary>With the end of the prefill.</summary>
    Prefill,

    /// <summary>When the request joins the batch that decodes it.</summary>
    Decode,

    /// <summary>By the one that decodes where those have engines, by the prefill otherwise.</summary>
    Engines,
}

/// <summary>What TPOT is.</summary>
internal enum TpotDefinition
{
    /// <summary>(finish − KV transfer finish) / what was left of the output after the last eviction.</summary>
    SinceTransfer,

    /// <summary>(last token − first token) / (output_length − 1).</summary>
    BetweenTokens,
}

/// <summary>Where random policies take their numbers from.</summary>
internal enum RandomPolicies
{
    /// <summary>A new seed in each run: not reproducible.</summary>
    Unseeded,

    /// <summary>A named stream of the run's seed.</summary>
    Seeded,
}

/// <summary>Output lengths of the zipfian and lognormal workloads.</summary>
internal enum SyntheticOutput
{
    /// <summary>zipfian: int(1.1 × input); lognormal: one token.</summary>
    FromInput,

    /// <summary>A distribution of their own.</summary>
    Distribution,
}

/// <summary>When the requests of a trace arrive unless a process is asked for.</summary>
internal enum TraceArrivals
{
    /// <summary>By a Poisson process, as in the reference.</summary>
    Poisson,

    /// <summary>At the trace's own times, where it has any.</summary>
    OwnTimes,
}

/// <summary>Which queued work lowest_load counts on a prefill instance.</summary>
internal enum QueuedWork
{
    /// <summary>Requests with a strictly shorter prompt than the one to be placed.</summary>
    Shorter,

    /// <summary>All queued requests.</summary>
    All,
}
