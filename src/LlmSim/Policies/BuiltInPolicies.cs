namespace LlmSim.Policies;

/// <summary>The policies of this assembly: a list, since searching the assembly for them would cost every start.</summary>
internal static class BuiltInPolicies
{
    public static IReadOnlyList<Type> Types { get; } =
    [
        typeof(ConductorPolicy),
        typeof(EdfPolicy),
        typeof(FcfsPolicy),
        typeof(HrrnPolicy),
        typeof(KvAwarePolicy),
        typeof(LeastKvPolicy),
        typeof(LeastRequestsPolicy),
        typeof(LongestWaitPolicy),
        typeof(LowestLoadPolicy),
        typeof(MooreHodgsonPolicy),
        typeof(PowerOfTwoPolicy),
        typeof(PrefixAffinityPolicy),
        typeof(RandomPolicy),
        typeof(RoundRobinPolicy),
        typeof(ShortestPolicy),
        typeof(VllmFrontPolicy),
    ];
}
