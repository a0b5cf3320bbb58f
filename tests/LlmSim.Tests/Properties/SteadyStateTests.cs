using System.Reflection;
using LlmSim.Instances.Prefill;
using LlmSim.Kernel;
using LlmSim.Memory;
using LlmSim.Policies;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Properties;

/// <summary>A long run costs no more memory than a short one.</summary>
public sealed class SteadyStateTests
{
    [Theory]
    [InlineData("round_robin", "fcfs")]
    [InlineData("lowest_load", "shortest")]
    public void A_steady_state_allocates_nothing(string route, string queue)
    {
        // Equal requests at equal gaps, prepared beforehand: after the first ones nothing grows any more.
        var requests = Enumerable
            .Range(0, 6000)
            .Select(id => new RequestSpec(id, SimTime.FromSeconds(id / 40.0), 1000, 250))
            .ToArray();

        Assert.Equal(
            0,
            Allocations.OfSteadyState(
                () =>
                    Scenarios.Default() with
                    {
                        Policies = PolicyCatalog.BuiltIn.CreateSet(route, queue, route, queue),
                    },
                requests
            )
        );
    }

    [Fact]
    public void A_renewed_request_is_a_new_one()
    {
        var request = new Request();
        var properties = typeof(Request)
            .GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.CanWrite)
            .ToList();
        foreach (var property in properties)
        {
            property.SetValue(request, Other(property.PropertyType));
        }

        request.Renew();

        var fresh = new Request();
        Assert.True(properties.Count > 20);
        Assert.All(
            properties,
            property => Assert.Equal(property.GetValue(fresh), property.GetValue(request))
        );
    }

    [Fact]
    public void Work_of_shorter_prompts_is_what_a_scan_gives()
    {
        var random = new RandomStream(5, "lengths");
        var work = new WorkByLength();
        var queued = new List<(int Tokens, long Nanoseconds)>();
        for (var i = 0; i < 3000; i++)
        {
            if (queued.Count > 0 && random.Next(3) == 0)
            {
                var (tokens, nanoseconds) = queued[^1];
                queued.RemoveAt(queued.Count - 1);
                work.Add(tokens, -nanoseconds);
            }
            else
            {
                // Ever longer ones, so that the tree grows on the way.
                queued.Add((1 + random.Next(10 + (i * 10)), random.Next(1000)));
                work.Add(queued[^1].Tokens, queued[^1].Nanoseconds);
            }

            var limit = random.Next(40_000);
            Assert.Equal(queued.Where(q => q.Tokens < limit).Sum(q => q.Nanoseconds), work.Below(limit));
        }
    }

    private static object? Other(Type type) =>
        type == typeof(SimTime) || type == typeof(SimTime?) ? new SimTime(7)
        : type == typeof(bool) ? true
        : type == typeof(long) ? 7L
        : type == typeof(string) ? "another"
        : type == typeof(RequestState) ? RequestState.Finished
        : type == typeof(PromptContent) ? new PromptContent([], 16, 7)
        : type == typeof(SequenceState) ? new SequenceState(new Request(), PrefixPages.None, promptBlocks: 0)
        : type == typeof(RequestMedia) ? new RequestMedia(null!, [], [], [], textTokens: 7)
        : type == typeof(RequestTraits) ? new RequestTraits { Adapter = "another" }
        : type == typeof(Outcome) ? Outcome.Failed
        : type == typeof(Call) ? new Call { Spec = default, FirstSent = default }
        : type == typeof(int) || type == typeof(int?) ? 7
        : throw new NotSupportedException($"give the test another value of {type}");
}
