namespace LlmSim.Performance;

/// <summary>How the experts of a model are divided over accelerators.</summary>
internal static class ExpertParallelism
{
    /// <summary>The share of the experts that an instance holds, replicas counted as further experts.</summary>
    public static double Share(ModelDescription model, InstanceSpec instance)
    {
        var share = instance.ExpertParallel == 1 ? 1 : (double)instance.TpSize / instance.ExpertParallel;
        return instance.RedundantExperts > 0 && model.MixtureOfExperts is { } experts
            ? share * (experts.Experts + instance.RedundantExperts) / experts.Experts
            : share;
    }

    /// <summary>Throws unless the experts of the model can be divided so.</summary>
    /// <exception cref="UserErrorException">They cannot; the message says which degrees can.</exception>
    public static void Require(ModelDescription model, InstanceSpec instance)
    {
        var degree = instance.ExpertParallel;
        if (model.MixtureOfExperts is not { } experts)
        {
            RequireNone(model, instance);
            return;
        }

        if (instance.ExpertSkew is { } skew)
        {
            ExpertSkew.Parse(skew).Require(model, experts);
        }

        RequireReplicas(model, experts, instance);
        var isAllowed =
            degree == 1
            || (
                degree >= 1
                && degree % instance.TpSize == 0
                && (instance.RedundantExperts > 0 || experts.Experts % degree == 0)
            );
        if (!isAllowed)
        {
            throw new UserErrorException(
                $"expert_parallel: {degree} does not divide the {experts.Experts} experts of {model.Id} over instances of "
                    + $"tp_size {instance.TpSize}; allowed are 1 and the multiples of tp_size that divide {experts.Experts}."
            );
        }
    }

    private static void RequireNone(ModelDescription model, InstanceSpec instance)
    {
        if (instance.ExpertParallel != 1)
        {
            throw new UserErrorException(
                $"expert_parallel: {instance.ExpertParallel} for {model.Id}, which has no experts; allowed is 1."
            );
        }

        if (instance.ExpertSkew is { } skew)
        {
            throw new UserErrorException(
                $"expert_skew: found {skew} for {model.Id}, which has no experts; allowed there: none"
            );
        }

        if (instance.RedundantExperts > 0)
        {
            throw new UserErrorException(
                $"redundant_experts: found {instance.RedundantExperts} for {model.Id}, which has no experts; allowed there: 0"
            );
        }
    }

    /// <summary>Each rank has as many slots as the others, and no expert twice.</summary>
    private static void RequireReplicas(
        ModelDescription model,
        MixtureOfExperts experts,
        InstanceSpec instance
    )
    {
        var (redundant, degree) = (instance.RedundantExperts, instance.ExpertParallel);
        if (redundant > 0 && degree == 1)
        {
            throw new UserErrorException(
                $"redundant_experts: found {redundant} with expert_parallel 1; allowed there: 0, since every rank has all experts"
            );
        }

        if (
            redundant > 0
            && ((experts.Experts + redundant) % degree != 0 || redundant > experts.Experts * (degree - 1))
        )
        {
            throw new UserErrorException(
                $"redundant_experts: found {redundant} beside the {experts.Experts} experts of {model.Id} for expert_parallel {degree}; allowed: up to {experts.Experts * (degree - 1)}, with {experts.Experts} a multiple of {degree}"
            );
        }
    }
}
