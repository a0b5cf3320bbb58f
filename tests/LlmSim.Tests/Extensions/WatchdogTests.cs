using LlmSim.Experiments.Extensions;
using LlmSim.Kernel;
using Xunit;

namespace LlmSim.Tests.Extensions;

/// <summary>When a call of a user's code counts as one that does not end.</summary>
public sealed class WatchdogTests
{
    [Fact]
    public void Only_a_call_that_lasts_beyond_the_limit_is_told()
    {
        var watchdog = new Watchdog(limitSeconds: 10);
        var call = Own();

        using (
            AuthorsCall.Enter(
                "policy mine",
                "at {0}, asked to place request {1}",
                new SimTime(1_500_000_000),
                7
            )
        )
        {
            Assert.Null(watchdog.Look([call], 6));
            Assert.Null(watchdog.Look([call], 6));
            Assert.Equal(
                "policy mine: at 1.5 s, asked to place request 7: no answer within 10 s. --policy_timeout allows more.",
                watchdog.Look([call], 6)
            );
        }

        Assert.Null(watchdog.Look([call], 100));
    }

    [Fact]
    public void Calls_that_are_answered_may_be_any_number()
    {
        var watchdog = new Watchdog(limitSeconds: 10);
        var call = Own();
        for (var i = 0; i < 20; i++)
        {
            using (AuthorsCall.Enter("policy mine", "asked"))
            {
                Assert.Null(watchdog.Look([call], 6));
            }
        }
    }

    [Fact]
    public void A_policy_that_asks_a_model_for_ever_is_one_call()
    {
        var watchdog = new Watchdog(limitSeconds: 10);
        var call = Own();
        var told = new List<string?>();
        using (AuthorsCall.Enter("policy mine", "asked"))
        {
            for (var i = 0; i < 3; i++)
            {
                using (AuthorsCall.Enter("performance model its own", "asked"))
                {
                    told.Add(watchdog.Look([call], 6));
                }
            }
        }

        Assert.Equal(
            [null, null, "policy mine: asked: no answer within 10 s. --policy_timeout allows more."],
            told
        );
    }

    [Fact]
    public void Threads_that_have_ended_are_forgotten()
    {
        AuthorsCall? ended = null;
        var thread = new Thread(() => ended = Own());
        thread.Start();
        thread.Join();

        Assert.DoesNotContain(ended, AuthorsCall.All);
    }

    private static AuthorsCall Own() => AuthorsCall.OfThisThread;
}
