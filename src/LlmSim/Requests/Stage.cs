namespace LlmSim.Requests;

/// <summary>What a request comes to an instance for. A mixed instance serves both.</summary>
internal enum Stage
{
    /// <summary>Its prompt is to be computed.</summary>
    Prefill,

    /// <summary>Its KV cache is there, and its tokens are to be generated.</summary>
    Decode,
}
