using LlmSim.Kernel;
using Xunit;

namespace LlmSim.Tests.Kernel;

public sealed class SimulationTests
{
    [Fact]
    public void Events_come_by_time_then_rank_then_order_of_scheduling()
    {
        var random = new RandomStream(1, "events");
        var simulation = new Simulation();
        var seen = new List<long>();
        var expected = new List<(long Time, int Rank, long Argument)>();
        for (var i = 0L; i < 5000; i++)
        {
            var (time, rank) = (random.Next(50), random.Next(3));
            expected.Add((time, rank, i));
            simulation.Schedule(new SimTime(time), new EventRank((byte)rank), seen.Add, i);
        }

        simulation.Run(TestContext.Current.CancellationToken);

        Assert.Equal(expected.Order().Select(item => item.Argument), seen);
        Assert.Equal(5000, simulation.EventCount);
    }

    [Fact]
    public void Events_scheduled_on_the_way_take_their_place()
    {
        var simulation = new Simulation();
        var seen = new List<(long, long)>();
        void Handle(long argument)
        {
            seen.Add((simulation.Now.Nanoseconds, argument));
            if (argument == 1)
            {
                simulation.Schedule(new SimTime(15), new EventRank(0), Handle, 2);
                simulation.Schedule(simulation.Now, new EventRank(0), Handle, 3);
            }
        }

        simulation.Schedule(new SimTime(10), new EventRank(5), Handle, 1);
        simulation.Schedule(new SimTime(20), new EventRank(0), Handle, 4);

        simulation.Run(TestContext.Current.CancellationToken);

        Assert.Equal([(10, 1), (10, 3), (15, 2), (20, 4)], seen);
    }

    [Fact]
    public void Observed_instants_between_two_events_heed_the_cancellation()
    {
        using var cancellation = new CancellationTokenSource();
        var simulation = new Simulation();
        var looks = 0;
        simulation.Observer = new EverySecond(() =>
        {
            if (++looks == 3)
            {
                cancellation.Cancel();
            }
        });
        simulation.Schedule(SimTime.FromSeconds(1e9), new EventRank(0), _ => { });

        Assert.Throws<OperationCanceledException>(() => simulation.Run(cancellation.Token));

        Assert.Equal(3, looks);
    }

    [Fact]
    public void A_livelock_is_stopped_and_names_its_handler()
    {
        var simulation = new Simulation(maxEventsPerInstant: 100);
        simulation.Schedule(SimTime.FromSeconds(3), new EventRank(0), new Asker(simulation).Ask);

        var exception = Assert.Throws<LivelockException>(() => simulation.Run(CancellationToken.None));

        Assert.Contains("the test's asker", exception.Message, StringComparison.Ordinal);
        Assert.Contains("100 events at 3 s", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_events_at_many_instants_are_no_livelock()
    {
        var simulation = new Simulation(maxEventsPerInstant: 2);
        Action<long> handler = _ => { };
        for (var i = 0; i < 1000; i++)
        {
            simulation.Schedule(new SimTime(i / 2), new EventRank(0), handler);
        }

        simulation.Run(TestContext.Current.CancellationToken);

        Assert.Equal(1000, simulation.EventCount);
    }

    [Fact]
    public void The_past_is_closed()
    {
        var simulation = new Simulation();
        Action<long> handler = _ => simulation.Schedule(new SimTime(4), new EventRank(0), _ => { });
        simulation.Schedule(new SimTime(5), new EventRank(0), handler);

        Assert.Throws<InvariantViolationException>(() => simulation.Run(CancellationToken.None));
    }

    [Fact]
    public void An_instant_is_shown_after_all_of_its_events()
    {
        var handled = 0;
        var seen = new List<int>();
        var simulation = new Simulation();
        simulation.Observer = new Onlooker(new SimTime(5), () => seen.Add(handled));
        for (var i = 0; i < 1000; i++)
        {
            simulation.Schedule(new SimTime(5), new EventRank(0), _ => handled++);
        }

        simulation.Run(CancellationToken.None);

        Assert.Equal([1000], seen);
    }

    [Fact]
    public void A_timer_goes_off_at_the_time_of_its_last_setting()
    {
        var simulation = new Simulation();
        var seen = new List<(string, long)>();
        var moved = Timer("moved");
        var cancelled = Timer("cancelled");
        moved.Set(new SimTime(5));
        cancelled.Set(new SimTime(6));
        simulation.Schedule(
            new SimTime(3),
            default,
            _ =>
            {
                moved.Set(new SimTime(9));
                cancelled.Cancel();
            }
        );
        simulation.Schedule(new SimTime(7), default, _ => moved.Set(new SimTime(8)));

        simulation.Run(TestContext.Current.CancellationToken);

        Assert.Equal([("moved", 8)], seen);
        Assert.Equal(3, simulation.EventCount);

        EventTimer Timer(string name) =>
            simulation.CreateTimer(default, () => seen.Add((name, simulation.Now.Nanoseconds)));
    }

    [Fact]
    public void Timers_and_single_events_of_one_instant_come_in_the_order_of_scheduling()
    {
        var simulation = new Simulation();
        var seen = new List<int>();
        var first = simulation.CreateTimer(new EventRank(1), () => seen.Add(1));
        var second = simulation.CreateTimer(new EventRank(1), () => seen.Add(2));
        second.Set(new SimTime(4));
        simulation.Schedule(new SimTime(4), new EventRank(1), _ => seen.Add(3));
        first.Set(new SimTime(4));
        simulation.Schedule(new SimTime(4), new EventRank(0), _ => seen.Add(4));

        simulation.Run(TestContext.Current.CancellationToken);

        Assert.Equal([4, 2, 3, 1], seen);
    }

    [Fact]
    public void A_timer_that_sets_itself_again_goes_on_until_it_does_not()
    {
        var simulation = new Simulation();
        var seen = new List<long>();
        EventTimer timer = null!;
        timer = simulation.CreateTimer(
            default,
            () =>
            {
                seen.Add(simulation.Now.Nanoseconds);
                if (seen.Count < 4)
                {
                    timer.Set(simulation.Now + new SimTime(seen.Count == 2 ? 0 : 10));
                }
            }
        );
        timer.Set(SimTime.Zero);

        simulation.Run(TestContext.Current.CancellationToken);

        Assert.Equal([0, 10, 10, 20], seen);
    }

    [Fact]
    public void A_cancelled_run_stops()
    {
        using var source = new CancellationTokenSource();
        var simulation = new Simulation();
        void Handle(long argument)
        {
            if (argument == 10)
            {
                source.Cancel();
            }

            simulation.Schedule(simulation.Now + new SimTime(1), new EventRank(0), Handle, argument + 1);
        }

        simulation.Schedule(SimTime.Zero, new EventRank(0), Handle);

        Assert.Throws<OperationCanceledException>(() => simulation.Run(source.Token));
        Assert.Equal(11, simulation.EventCount);
    }

    private sealed class EverySecond(Action look) : ISimulationObserver
    {
        public SimTime NextInstant { get; private set; }

        public void AtInstant()
        {
            look();
            NextInstant += SimTime.FromSeconds(1);
        }

        public void AfterEvent() { }
    }

    private sealed class Onlooker(SimTime instant, Action look) : ISimulationObserver
    {
        public SimTime NextInstant { get; private set; } = instant;

        public void AtInstant()
        {
            look();
            NextInstant = SimTime.MaxValue;
        }

        public void AfterEvent() { }
    }

    private sealed class Asker(Simulation simulation)
    {
        public void Ask(long argument) => simulation.Schedule(simulation.Now, new EventRank(0), Ask);

        public override string ToString() => "the test's asker";
    }
}
