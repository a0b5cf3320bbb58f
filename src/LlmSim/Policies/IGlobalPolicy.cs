namespace LlmSim.Policies;

/// <summary>Routes a request to an instance: prefill_global or decode_global.</summary>
public interface IGlobalPolicy
{
    /// <summary>Chooses among the instances that can hold the request.</summary>
    /// <returns>A position in <see cref="GlobalContext.Instances" />, from 0.</returns>
    int Choose(in GlobalContext context);
}
