namespace LlmSim.Workloads;

/// <summary>The formats of recorded workloads that can be read.</summary>
public enum TraceFormat
{
    /// <summary>
    /// JSON Lines as published with Mooncake (Qin et al., FAST 2025): <c>timestamp</c> in milliseconds (or
    /// <c>timestamp_ns</c> in nanoseconds), <c>input_length</c>, <c>output_length</c>, and optionally <c>hash_ids</c>, one id
    /// for each block of 512 prompt tokens. Other fields are ignored.
    /// </summary>
    Mooncake,

    /// <summary>
    /// CSV as in Azure's public LLM inference traces of 2023 and 2024: columns <c>TIMESTAMP</c>, <c>ContextTokens</c>,
    /// <c>GeneratedTokens</c>. Other columns are ignored.
    /// </summary>
    Azure,
}
