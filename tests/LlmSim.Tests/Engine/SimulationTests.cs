using LlmSim.Engine;
using Xunit;

namespace LlmSim.Tests.Engine;

public sealed class SimulationTests
{
    [Fact]
    public void Events_come_by_time_then_rank_then_order_of_scheduling()
    {
        var random = new RandomStream(1, "events");
        var simulation = new Simulation();
        var seen = new List<long>();
        var handler = new Handler(seen.Add);
        var expected = new List<(long Time, int Rank, long Argument)>();
        for (var i = 0L; i < 5000; i++)
        {
            var (time, rank) = (random.Next(50), random.Next(3));
            expected.Add((time, rank, i));
            simulation.Schedule(new SimTime(time), new EventRank((byte)rank), handler, i);
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
        Handler handler = null!;
        handler = new Handler(argument =>
        {
            seen.Add((simulation.Now.Nanoseconds, argument));
            if (argument == 1)
            {
                simulation.Schedule(new SimTime(15), new EventRank(0), handler, 2);
                simulation.Schedule(simulation.Now, new EventRank(0), handler, 3);
            }
        });
        simulation.Schedule(new SimTime(10), new EventRank(5), handler, 1);
        simulation.Schedule(new SimTime(20), new EventRank(0), handler, 4);

        simulation.Run(TestContext.Current.CancellationToken);

        Assert.Equal([(10, 1), (10, 3), (15, 2), (20, 4)], seen);
    }

    [Fact]
    public void A_livelock_is_stopped_and_names_its_handler()
    {
        var simulation = new Simulation(maxEventsPerInstant: 100);
        Handler handler = null!;
        handler = new Handler(_ => simulation.Schedule(simulation.Now, new EventRank(0), handler));
        simulation.Schedule(SimTime.FromSeconds(3), new EventRank(0), handler);

        var exception = Assert.Throws<LivelockException>(() => simulation.Run(CancellationToken.None));

        Assert.Contains("the test's handler", exception.Message, StringComparison.Ordinal);
        Assert.Contains("100 events at 3 s", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_events_at_many_instants_are_no_livelock()
    {
        var simulation = new Simulation(maxEventsPerInstant: 2);
        var handler = new Handler(_ => { });
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
        var handler = new Handler(_ =>
            simulation.Schedule(new SimTime(4), new EventRank(0), new Handler(_ => { }))
        );
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
            simulation.Schedule(new SimTime(5), new EventRank(0), new Handler(_ => handled++));
        }

        simulation.Run(CancellationToken.None);

        Assert.Equal([1000], seen);
    }

    [Fact]
    public void A_cancelled_run_stops()
    {
        using var source = new CancellationTokenSource();
        var simulation = new Simulation();
        Handler handler = null!;
        handler = new Handler(argument =>
        {
            if (argument == 10)
            {
                source.Cancel();
            }

            simulation.Schedule(simulation.Now + new SimTime(1), new EventRank(0), handler, argument + 1);
        });
        simulation.Schedule(SimTime.Zero, new EventRank(0), handler);

        Assert.Throws<OperationCanceledException>(() => simulation.Run(source.Token));
        Assert.Equal(11, simulation.EventCount);
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

    private sealed class Handler(Action<long> action) : IEventHandler
    {
        public void Handle(long argument) => action(argument);

        public override string ToString() => "the test's handler";
    }
}
