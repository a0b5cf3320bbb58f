namespace LlmSim.Requests;

/// <summary>The stages of a request's life, in order; each of the first four is also a scheduling decision.</summary>
internal enum RequestState
{
    /// <summary>Has arrived and waits for a prefill instance to be chosen.</summary>
    PrefillGlobal,

    /// <summary>Waits for, or is in, prefill on its instance.</summary>
    PrefillLocal,

    /// <summary>Its KV cache travels; then it waits for a decode instance to be chosen.</summary>
    DecodeGlobal,

    /// <summary>Waits for, or is in, the decode batch of its instance.</summary>
    DecodeLocal,

    /// <summary>Has all its tokens.</summary>
    Finished,

    /// <summary>Can never be served by this cluster.</summary>
    Rejected,
}
