namespace LlmSim.Performance;

/// <summary>How the experts of a model are divided over accelerators.</summary>
internal static class ExpertParallelism
{
    /// <summary>The share of the experts that an instance holds.</summary>
    public static double Share(InstanceSpec instance) =>
        instance.ExpertParallel == 1 ? 1 : (double)instance.TpSize / instance.ExpertParallel;

    /// <summary>Throws unless the experts of the model can be divided so.</summary>
    /// <exception cref="UserErrorException">They cannot; the message says which degrees can.</exception>
    public static void Require(ModelDescription model, InstanceSpec instance)
    {
        var degree = instance.ExpertParallel;
        if (degree == 1)
        {
            return;
        }

        if (model.MixtureOfExperts is not { } experts)
        {
            throw new UserErrorException(
                $"expert_parallel: {degree} for {model.Id}, which has no experts; allowed is 1."
            );
        }

        var isAllowed = degree >= 1 && degree % instance.TpSize == 0 && experts.Experts % degree == 0;
        if (!isAllowed)
        {
            throw new UserErrorException(
                $"expert_parallel: {degree} does not divide the {experts.Experts} experts of {model.Id} over instances of "
                    + $"tp_size {instance.TpSize}; allowed are 1 and the multiples of tp_size that divide {experts.Experts}."
            );
        }
    }
}
