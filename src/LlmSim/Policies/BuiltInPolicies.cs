namespace LlmSim.Policies;

/// <summary>The policies of this assembly: a list, since searching the assembly for them would cost every start.</summary>
internal static class BuiltInPolicies
{
    public static IReadOnlyList<Type> Types { get; } =
    [
        typeof(BalancePolicy),
        typeof(ClassMeanPolicy),
        typeof(ConductorPolicy),
        typeof(DeadlinePolicy),
        typeof(DeflectPolicy),
        typeof(EdfPolicy),
        typeof(FcfsPolicy),
        typeof(FixedPolicy),
        typeof(HrrnPolicy),
        typeof(JointPolicy),
        typeof(KvAwarePolicy),
        typeof(LatestPolicy),
        typeof(LeastKvPolicy),
        typeof(LeastRequestsPolicy),
        typeof(LongestWaitPolicy),
        typeof(LoraAffinityPolicy),
        typeof(LowestLoadPolicy),
        typeof(LowestPriorityPolicy),
        typeof(MooreHodgsonPolicy),
        typeof(MostBlocksPolicy),
        typeof(PowerOfTwoPolicy),
        typeof(PredictivePolicy),
        typeof(PrefixAffinityPolicy),
        typeof(QueueLimitPolicy),
        typeof(PriorityPolicy),
        typeof(RandomPolicy),
        typeof(ReactivePolicy),
        typeof(RoundRobinPolicy),
        typeof(ShedPolicy),
        typeof(ShortestPolicy),
        typeof(TokenBucketPolicy),
        typeof(VllmFrontPolicy),
        typeof(VtcPolicy),
        typeof(WfqPolicy),
    ];
}
