using System.Linq.Expressions;
using System.Reflection;
using LlmSim.Batching;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Policies;

namespace LlmSim.Tests.Properties;

/// <summary>Reads every public member of what policies see of instances and requests.</summary>
internal sealed class EveryView
{
    private static readonly Action<InstanceView, InstanceView, RequestView>[] s_readers =
    [
        .. Readers(typeof(InstanceView)),
        .. Readers(typeof(RequestView)),
    ];

    private readonly Request[] _strangers =
    [
        Stranger(RequestState.PrefillGlobal),
        Stranger(RequestState.DecodeGlobal),
    ];

    public Instance[] Instances { get; set; } = [];

    /// <summary>Looks that found an instance in the middle of iterations that had not been settled.</summary>
    public int Unsettled { get; private set; }

    /// <summary>Looks that found an instance idle while others of its group computed.</summary>
    public int IdleInGroup { get; private set; }

    /// <summary>Reads all there is to read of an instance.</summary>
    public void ReadAll(InstanceView instance, RequestView request)
    {
        var other = new InstanceView(Instances[(instance.Index + 1) % Instances.Length], Stage.Prefill);
        foreach (var read in s_readers)
        {
            read(instance, other, request);
        }
    }

    /// <summary>Reads everything of all instances, for requests that come to be prefilled and to decode.</summary>
    public void ReadAll()
    {
        foreach (var instance in Instances)
        {
            Count(instance);
            foreach (var stranger in _strangers)
            {
                foreach (var stage in Enum.GetValues<Stage>())
                {
                    ReadAll(new InstanceView(instance, stage), new RequestView(stranger));
                }
            }
        }
    }

    private void Count(Instance instance)
    {
        if (instance is BatchedInstance batched)
        {
            var settled = batched.Cache.Pool.Used;
            Unsettled += batched.KvBlocks.Used > settled ? 1 : 0;
            var group = batched.Spec.Engine!.DataParallelGroup;
            var isBusyWithoutIt =
                group is not null
                && batched.RunningRequests == 0
                && Instances.Any(other =>
                    other.RunningRequests > 0 && other.Spec.Engine?.DataParallelGroup == group
                );
            IdleInGroup += isBusyWithoutIt ? 1 : 0;
        }
    }

    private static Request Stranger(RequestState state) =>
        new()
        {
            Id = 1_000_000,
            State = state,
            TraceInputTokens = 200,
            InputTokens = 200,
            TraceOutputTokens = 50,
            DecodeTokensOwed = 49,
            Content = new PromptContent([.. Enumerable.Range(0, 25)], hashBlockTokens: 8, promptTokens: 200),
        };

    private static IEnumerable<Action<InstanceView, InstanceView, RequestView>> Readers(Type type)
    {
        var instance = Expression.Parameter(typeof(InstanceView));
        var other = Expression.Parameter(typeof(InstanceView));
        var request = Expression.Parameter(typeof(RequestView));
        var target = type == typeof(InstanceView) ? instance : request;
        return type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Select(method =>
                Expression
                    .Lambda<Action<InstanceView, InstanceView, RequestView>>(
                        Expression.Call(target, method, method.GetParameters().Select(Argument)),
                        instance,
                        other,
                        request
                    )
                    .Compile()
            );

        Expression Argument(ParameterInfo parameter)
        {
            var type = parameter.ParameterType.IsByRef
                ? parameter.ParameterType.GetElementType()
                : parameter.ParameterType;
            return type == typeof(RequestView) ? request
                : type == typeof(InstanceView) ? other
                : Expression.Constant(16, type!);
        }
    }

    /// <summary>Reads everything at random instants and after random events.</summary>
    public sealed class Observer(EveryView views, int seed) : ISimulationObserver
    {
        private readonly RandomStream _random = new(seed, "looks");

        public SimTime NextInstant { get; private set; }

        public void AtInstant()
        {
            views.ReadAll();
            NextInstant += SimTime.FromSeconds(1e-9 + _random.NextExponential(30));
        }

        public void AfterEvent()
        {
            if (_random.Next(3) == 0)
            {
                views.ReadAll();
            }
        }
    }

    /// <summary>The policies of a set, each of which reads everything before it decides; null for no reading.</summary>
    public static PolicySet Around(PolicySet policies, EveryView? views) =>
        new(
            Around(policies.PrefillGlobal, views),
            Around(policies.PrefillLocal, views),
            Around(policies.DecodeGlobal, views),
            Around(policies.DecodeLocal, views)
        );

    private static IGlobalPolicy Around(IGlobalPolicy policy, EveryView? views) =>
        policy is IPrefixFetchingPolicy fetching
            ? new LookingFetchingPolicy(fetching, views)
            : new LookingGlobalPolicy(policy, views);

    private static ILocalPolicy Around(ILocalPolicy policy, EveryView? views) =>
        policy is IOrderedLocalPolicy ordered ? new LookingOrderedPolicy(ordered, views)
        : policy is IQueueWatchingPolicy watching ? new LookingWatchingPolicy(watching, views)
        : new LookingLocalPolicy(policy, views);

    private abstract class Looking(object policy) : ICountingPolicy, IFeedbackPolicy
    {
        public void OnFinished(in FinishedRequest request) =>
            (policy as IFeedbackPolicy)?.OnFinished(request);

        public IEnumerable<KeyValuePair<string, long>> Counters =>
            (policy as ICountingPolicy)?.Counters ?? [];
    }

    private class LookingGlobalPolicy(IGlobalPolicy policy, EveryView? views) : Looking(policy), IGlobalPolicy
    {
        public int Choose(in GlobalContext context)
        {
            Look(context);
            return policy.Choose(context);
        }

        protected void Look(in GlobalContext context)
        {
            if (views is null)
            {
                return;
            }

            _ = context.LeastEstimatedWork();
            for (var i = 0; i < context.Instances.Count; i++)
            {
                views.ReadAll(context.Instances[i], context.Request);
            }

            views.ReadAll();
        }
    }

    private sealed class LookingFetchingPolicy(IPrefixFetchingPolicy policy, EveryView? views)
        : LookingGlobalPolicy(policy, views),
            IPrefixFetchingPolicy
    {
        public int FetchFrom(in GlobalContext context, int chosen)
        {
            Look(context);
            return policy.FetchFrom(context, chosen);
        }
    }

    private class LookingLocalPolicy(ILocalPolicy policy, EveryView? views) : Looking(policy), ILocalPolicy
    {
        public int Choose(in LocalContext context)
        {
            for (var i = 0; views is not null && i < context.Queue.Count; i++)
            {
                views.ReadAll(context.Instance, context.Queue[i]);
            }

            if (views is not null)
            {
                views.ReadAll();
                context.CopyRunningTo([]);
            }

            return policy.Choose(context);
        }
    }

    private sealed class LookingWatchingPolicy(IQueueWatchingPolicy policy, EveryView? views)
        : LookingLocalPolicy(policy, views),
            IQueueWatchingPolicy
    {
        public void OnQueued(in LocalContext context, in RequestView request) =>
            policy.OnQueued(context, request);

        public void OnTaken(in LocalContext context, in RequestView request) =>
            policy.OnTaken(context, request);
    }

    private sealed class LookingOrderedPolicy(IOrderedLocalPolicy policy, EveryView? views)
        : Looking(policy),
            IOrderedLocalPolicy
    {
        public double Key(in RequestView request)
        {
            foreach (var instance in views?.Instances ?? [])
            {
                views!.ReadAll(new InstanceView(instance, Stage.Decode), request);
            }

            return policy.Key(request);
        }
    }
}
