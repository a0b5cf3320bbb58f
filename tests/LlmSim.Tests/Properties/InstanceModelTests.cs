using LlmSim.Batching;
using LlmSim.Instances.Decode;
using LlmSim.Instances.Prefill;
using LlmSim.Kernel;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Properties;

/// <summary>
/// Instances under random sequences of all calls that a cluster and its policies make: requests that come to be prefilled or to decode,
/// prefixes that are fetched, memory that is reserved and released, and looks at any instant in between.
/// </summary>
public sealed class InstanceModelTests
{
    private static readonly int s_worlds = RandomRuns.Count(120);

    /// <summary>Looks of one run find the instant of another run's look within so much.</summary>
    private static readonly SimTime s_near = new(2000);

    [Fact]
    public void Plans_of_many_iterations_are_seen_as_single_ones_are() =>
        ForEachWorld(
            (seed, calls, reached) =>
            {
                var instants = Instants(seed, calls, count: 40);
                var (macro, macroLooks) = Look(seed, calls, maxIterationsPerEvent: 4096, instants);
                var around = instants.SelectMany(t => new[] { t - s_near, t, t + s_near });
                var (single, singleLooks) = Look(seed, calls, maxIterationsPerEvent: 1, [.. around]);

                AssertSame(single, macro);
                for (var i = 0; i < macroLooks.Count; i++)
                {
                    var (instant, instance) = (i / macro.Instances.Length, i % macro.Instances.Length);
                    // Ends of iterations may differ by the rounding of a sum: what is seen is what was there just before, or will be.
                    var place = (3 * instant * macro.Instances.Length) + instance;
                    Assert.True(
                        Enumerable
                            .Range(0, 3)
                            .Any(j =>
                                macroLooks[i].IsNear(singleLooks[place + (j * macro.Instances.Length)])
                            ),
                        $"{macro.Instances[instance]} at {instants[instant]}: {macroLooks[i]}\n{singleLooks[place + macro.Instances.Length]}"
                    );
                }

                reached.Count(macro);
            }
        );

    [Fact]
    public void Looking_at_any_instant_changes_nothing_that_an_instance_does() =>
        ForEachWorld(
            (seed, calls, reached) =>
            {
                var plain = World(seed, 4096);
                plain.Run(calls);
                var looked = World(seed, 4096);
                var views = new EveryView { Instances = looked.Instances };
                looked.Run(calls, new EveryView.Observer(views, seed));

                Assert.Equal(plain.Log, looked.Log);
                reached.Count(looked);
                reached.IdleInGroup += views.IdleInGroup;
                reached.Unsettled += views.Unsettled;
            },
            reached =>
            {
                Assert.True(reached.IdleInGroup > 1000, $"{reached.IdleInGroup} looks at idle members");
                Assert.True(reached.Unsettled > 1000, $"{reached.Unsettled} looks at unsettled iterations");
            }
        );

    [Fact]
    public void An_instance_shows_the_requests_that_it_has_and_no_more() =>
        ForEachWorld(
            (seed, calls, reached) =>
            {
                var world = World(seed, 4096);
                var observer = new Always(world, seed);
                world.Run(calls, observer);
                reached.Count(world);
                reached.Looks += observer.Looks;
            },
            reached => Assert.True(reached.Looks > 10_000, $"{reached.Looks} looks")
        );

    [Fact]
    public void What_an_instance_did_before_it_was_idle_makes_no_difference() =>
        ForEachWorld(
            (seed, calls, reached) =>
            {
                var used = World(seed, 4096);
                used.Run(calls);
                var events = used.Log.Count;
                reached.Count(used);

                // Other contents: what the cache keeps of the first ones is of no use to them.
                var start = used.Now + SimTime.FromSeconds(0.0123);
                var random = new RandomStream(seed, "second calls");
                var second = Calls(random, used.Instances, start, firstId: 10_000);
                var instants = Instants(seed, second, count: 40);
                var usedLooks = new Instantly(used, instants);
                used.Run(second, usedLooks);
                var fresh = World(seed, 4096);
                var freshLooks = new Instantly(fresh, instants);
                fresh.Run(second, freshLooks);

                Assert.Equal(fresh.Log, used.Log.Skip(events));
                Assert.Equal(freshLooks.Looks, usedLooks.Looks);
            }
        );

    private static void ForEachWorld(
        Action<int, IReadOnlyList<InstanceCall>, Reached> test,
        Action<Reached>? require = null
    )
    {
        var all = new Reached();
        Parallel.For(
            0,
            s_worlds,
            seed =>
            {
                var reached = new Reached();
                var random = new RandomStream(seed, "calls");
                var calls = Calls(random, World(seed, 1).Instances, SimTime.Zero, firstId: 0);
                try
                {
                    test(seed, calls, reached);
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"world of seed {seed}: {e.Message}", e);
                }

                lock (all)
                {
                    all.Add(reached);
                }
            }
        );
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{s_worlds} worlds: {all.Left} requests left instances, {all.Fetches} prefixes were fetched, {all.Reservations} reservations, {all.Preemptions} preemptions, {all.GroupMembers} members of groups"
        );
        Assert.True(all.Left > 1000, $"{all.Left} requests left instances");
        Assert.True(all.Fetches > 20, $"{all.Fetches} prefixes were fetched");
        Assert.True(all.Reservations > 200, $"{all.Reservations} reservations");
        Assert.True(all.Preemptions > 200, $"{all.Preemptions} preemptions");
        Assert.True(all.GroupMembers > 40, $"{all.GroupMembers} members of groups");
        Assert.True(all.Kinds.Count == 5, $"kinds: {string.Join(", ", all.Kinds)}");
        require?.Invoke(all);
    }

    /// <summary>The instances of a random cluster, with the engines of each kind in turn; local policies that draw nothing.</summary>
    private static InstanceWorld World(int seed, int maxIterationsPerEvent)
    {
        var scenario = new RandomCluster(seed).NewScenario();
        var kind = (EngineKind)(seed % 3);
        string[] local = ["fcfs", "shortest", "edf"];
        return new InstanceWorld(
            scenario with
            {
                PrefillInstances = OfKind(scenario.PrefillInstances, kind),
                DecodeInstances = OfKind(scenario.DecodeInstances, kind),
                MixedInstances = OfKind(scenario.MixedInstances, kind),
                Policies = PolicyCatalog.BuiltIn.CreateSet(
                    "round_robin",
                    local[seed / 3 % 3],
                    "round_robin",
                    local[seed % 2]
                ),
            },
            maxIterationsPerEvent
        );
    }

    private static InstanceSpec[] OfKind(IEnumerable<InstanceSpec> specs, EngineKind kind) =>
        [
            .. specs.Select(spec =>
                spec.Engine is null ? spec : spec with { Engine = spec.Engine with { Kind = kind } }
            ),
        ];

    private static List<InstanceCall> Calls(
        RandomStream random,
        Instance[] instances,
        SimTime start,
        int firstId
    )
    {
        const int HashBlockTokens = 8;
        var firstHashId = firstId * 1000L;
        var count = 20 + random.Next(60);
        var rate = 5 + (random.NextDouble() * 100);
        var (longest, longestOutput) = (20 + random.Next(300), 2 + random.Next(150));
        var calls = new List<InstanceCall>();
        var seconds = 0.0;
        for (var id = firstId; id < firstId + count; id++)
        {
            seconds += random.Next(4) == 0 ? 0 : random.NextExponential(rate);
            var instance = random.Next(instances.Length);
            var input = 1 + random.Next(longest);
            var shared = random.Next((input / HashBlockTokens) + 2);
            var content = firstHashId + (random.Next(3) * 100);
            var hashIds = Enumerable
                .Range(0, (input / HashBlockTokens) + 1)
                .Select(block => block < shared ? content + block : 1_000_000_000L + (id * 1000L) + block);
            var mayDecode =
                instances[instance]
                is not PrefillInstance
                    and not BatchedInstance { Role: InstanceRole.Prefill };
            var mayPrefill =
                instances[instance]
                is not DecodeInstance
                    and not BatchedInstance { Role: InstanceRole.Decode };
            calls.Add(
                new InstanceCall(
                    start + SimTime.FromSeconds(seconds),
                    instance,
                    // What comes to decode has something to decode.
                    new RequestSpec(
                        id,
                        SimTime.Zero,
                        input,
                        2 + random.Next(longestOutput),
                        [.. hashIds],
                        HashBlockTokens
                    ),
                    ComesToDecode: mayDecode && (!mayPrefill || random.Next(3) == 0),
                    FetchesFrom: random.Next(instances.Length),
                    SimTime.FromSeconds(random.NextExponential(50)),
                    firstHashId
                )
            );
        }

        return calls;
    }

    /// <summary>Instants from the first call on, for twice as long as calls come, not too near to each other.</summary>
    private static SimTime[] Instants(int seed, IReadOnlyList<InstanceCall> calls, int count)
    {
        var random = new RandomStream(seed, "instants");
        var (first, span) = (calls[0].At, (calls[^1].At - calls[0].At).Seconds);
        return
        [
            .. Enumerable
                .Range(1, count)
                .Select(i =>
                    first + SimTime.FromSeconds(2 * (span + 0.01) * (i + (0.9 * random.NextDouble())) / count)
                ),
        ];
    }

    private static (InstanceWorld World, IReadOnlyList<InstanceLook> Looks) Look(
        int seed,
        IReadOnlyList<InstanceCall> calls,
        int maxIterationsPerEvent,
        SimTime[] instants
    )
    {
        var world = World(seed, maxIterationsPerEvent);
        var observer = new Instantly(world, instants);
        world.Run(calls, observer);
        return (world, observer.Looks);
    }

    /// <summary>The same requests leave the same instances, within a microsecond.</summary>
    private static void AssertSame(InstanceWorld expected, InstanceWorld actual)
    {
        var (one, other) = (InOrder(expected), InOrder(actual));
        Assert.Equal(
            one.Select(entry => entry with { At = default }),
            other.Select(entry => entry with { At = default })
        );
        foreach (var (first, second) in one.Zip(other))
        {
            Assert.InRange(second.At.Nanoseconds, first.At.Nanoseconds - 1000, first.At.Nanoseconds + 1000);
        }

        static (string What, long Request, int Instance, SimTime At)[] InOrder(InstanceWorld world) =>
            [
                .. world
                    .Log.OrderBy(entry => entry.Request)
                    .ThenBy(entry => entry.What, StringComparer.Ordinal),
            ];
    }

    /// <summary>Looks at all instances at given instants.</summary>
    private sealed class Instantly(InstanceWorld world, SimTime[] instants) : ISimulationObserver
    {
        private int _next;

        public List<InstanceLook> Looks { get; } = [];

        public SimTime NextInstant => _next < instants.Length ? instants[_next] : SimTime.MaxValue;

        public void AtInstant()
        {
            Looks.AddRange(world.Instances.Select(world.Look));
            _next++;
        }

        public void AfterEvent() { }
    }

    /// <summary>Compares all instances with their models at random instants and after every event that ends one.</summary>
    private sealed class Always(InstanceWorld world, int seed) : ISimulationObserver
    {
        private readonly RandomStream _random = new(seed, "always");

        public int Looks { get; private set; }

        public SimTime NextInstant { get; private set; } = SimTime.Zero;

        public void AtInstant()
        {
            foreach (var instance in world.Instances)
            {
                world.RequireModel(instance);
                Looks++;
            }

            NextInstant += SimTime.FromSeconds(1e-9 + _random.NextExponential(80));
        }

        public void AfterEvent() { }
    }

    /// <summary>What the worlds of a test reached.</summary>
    private sealed class Reached
    {
        public int Left { get; set; }
        public int Fetches { get; set; }
        public int Reservations { get; set; }
        public int Preemptions { get; set; }
        public int GroupMembers { get; set; }
        public int IdleInGroup { get; set; }
        public int Unsettled { get; set; }
        public int Looks { get; set; }
        public HashSet<string> Kinds { get; } = [];

        public void Count(InstanceWorld world)
        {
            Left += world.Log.Count(entry => entry.What != "refused");
            Fetches += world.Fetches;
            Reservations += world.Reservations;
            Preemptions += world.Preemptions;
            GroupMembers += world.Instances.Count(i => i.Spec.Engine?.DataParallelGroup is not null);
            Kinds.UnionWith(world.Instances.Select(i => i.Spec.Engine?.Kind.ToString() ?? i.GetType().Name));
        }

        public void Add(Reached other)
        {
            Left += other.Left;
            Fetches += other.Fetches;
            Reservations += other.Reservations;
            Preemptions += other.Preemptions;
            GroupMembers += other.GroupMembers;
            IdleInGroup += other.IdleInGroup;
            Unsettled += other.Unsettled;
            Looks += other.Looks;
            Kinds.UnionWith(other.Kinds);
        }
    }
}
