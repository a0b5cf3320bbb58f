namespace LlmSim.Policies;

/// <summary>The policies of this assembly: a list, since searching the assembly for them would cost every start.</summary>
internal static class BuiltInPolicies
{
    public static IReadOnlyList<Type> Types { get; } =
    [
        typeof(EdfPolicy),
        typeof(FcfsPolicy),
        typeof(HrrnPolicy),
        typeof(LeastKvPolicy),
        typeof(LeastRequestsPolicy),
        typeof(LongestWaitPolicy),
        typeof(LowestLoadPolicy),
        typeof(MilpPolicy),
        typeof(MooreHodgsonPolicy),
        typeof(PowerOfTwoPolicy),
        typeof(RandomPolicy),
        typeof(RoundRobinPolicy),
        typeof(ShortestPolicy),
    ];
}
