namespace LlmSim.Policies;

/// <summary>
/// A routing policy for prefill_global that chooses the decode instance as well when a request arrives. When that one is not ready any more as the KV cache is to be
/// sent, decode_global is asked. <see cref="IGlobalPolicy.Choose" /> is called where there is nothing to decode, or no instance is ready that could.
/// </summary>
public interface IJointPolicy : IGlobalPolicy
{
    /// <summary>Chooses both instances.</summary>
    /// <param name="prefill">The instances that can prefill the request, and those that do both.</param>
    /// <param name="decode">The instances that can decode it, and those that do both.</param>
    JointChoice ChooseBoth(in GlobalContext prefill, in GlobalContext decode);
}

/// <summary>Where a request is prefilled and decoded.</summary>
/// <param name="Prefill">A position in the first context, or <see cref="GlobalContext.Reject" />.</param>
/// <param name="Decode">A position in the second context; without meaning where a mixed instance prefills, because the request stays there.</param>
public readonly record struct JointChoice(int Prefill, int Decode);
