namespace LlmSim.Transfers;

/// <summary>Carries KV caches from prefill to decode.</summary>
internal interface IKvTransfer
{
    /// <summary>Starts to send a request's KV cache.</summary>
    /// <param name="request">The request.</param>
    /// <param name="kvBytes">Size of its KV cache.</param>
    void Start(Request request, long kvBytes);

    /// <summary>States that nothing is under way, at the end of a run.</summary>
    void RequireEmpty();
}
