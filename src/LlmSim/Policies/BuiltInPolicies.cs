namespace LlmSim.Policies;

/// <summary>The policies of this assembly: a list, since searching the assembly for them would cost every start.</summary>
internal static class BuiltInPolicies
{
    public static IReadOnlyList<Type> Types { get; } =
    [
        typeof(ConductorPolicy),
        typeof(DeadlinePolicy),
        typeof(EdfPolicy),
        typeof(FcfsPolicy),
        typeof(FixedPolicy),
        typeof(HrrnPolicy),
        typeof(KvAwarePolicy),
        typeof(LeastKvPolicy),
        typeof(LeastRequestsPolicy),
        typeof(LongestWaitPolicy),
        typeof(LowestLoadPolicy),
        typeof(MooreHodgsonPolicy),
        typeof(PowerOfTwoPolicy),
        typeof(PredictivePolicy),
        typeof(PrefixAffinityPolicy),
        typeof(QueueLimitPolicy),
        typeof(RandomPolicy),
        typeof(ReactivePolicy),
        typeof(RoundRobinPolicy),
        typeof(ShedPolicy),
        typeof(ShortestPolicy),
        typeof(TokenBucketPolicy),
        typeof(VllmFrontPolicy),
    ];
}
