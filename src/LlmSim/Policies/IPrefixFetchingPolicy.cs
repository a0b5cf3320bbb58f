namespace LlmSim.Policies;

/// <summary>
/// A routing policy for prefill_global that may have the start of a prompt copied from the cache of one instance to that of
/// another, over the links of both, before the request joins its queue.
/// </summary>
public interface IPrefixFetchingPolicy : IGlobalPolicy
{
    /// <summary>Asked after each choice.</summary>
    /// <param name="context">What the choice was made from.</param>
    /// <param name="chosen">Position of the instance that was chosen.</param>
    /// <returns>
    /// Position of the instance to copy from; that of the chosen one to copy nothing. Nothing is copied either where
    /// <see cref="InstanceView.FetchableTokens" /> are no more than what the chosen one has cached.
    /// </returns>
    int FetchFrom(in GlobalContext context, int chosen);
}
