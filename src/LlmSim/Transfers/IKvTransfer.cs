namespace LlmSim.Transfers;

/// <summary>Carries KV caches from prefill to decode.</summary>
internal interface IKvTransfer
{
    /// <summary>Starts to send a request's KV cache.</summary>
    /// <param name="request">The request.</param>
    /// <param name="kvBytes">Size of its KV cache.</param>
    void Start(Request request, long kvBytes);

    /// <summary>Takes a KV cache off its way: its request has gone, or what it comes from or goes to.</summary>
    void Cancel(Request request);

    /// <summary>Changes the bandwidth to so many times what it is without faults, above 0.</summary>
    void Scale(double factor);

    /// <summary>States that nothing is under way, at the end of a run.</summary>
    void RequireEmpty();
}
