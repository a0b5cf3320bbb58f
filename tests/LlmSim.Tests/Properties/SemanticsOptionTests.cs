using LlmSim.Metrics;
using Xunit;

namespace LlmSim.Tests.Properties;

/// <summary>Each option of the semantics can be switched by itself, from either preset.</summary>
public sealed class SemanticsOptionTests
{
    public static TheoryData<string> Options =>
        [
            .. typeof(Semantics)
                .GetProperties()
                .Where(property => property.PropertyType.IsEnum)
                .Select(property => property.Name),
        ];

    [Theory]
    [MemberData(nameof(Options))]
    public void A_single_option_of_the_other_preset_runs_to_the_end(string option)
    {
        foreach (
            var (start, other) in new[]
            {
                (Semantics.Standard, Semantics.Reference),
                (Semantics.Reference, Semantics.Standard),
            }
        )
        {
            var semantics = With(start, option, other);
            for (var seed = 0; seed < 30; seed++)
            {
                var random = new RandomScenario(seed, semantics);
                var records = new List<RequestRecord>();

                var summary = Simulator.Run(
                    random.NewScenario(),
                    random.Requests,
                    records.Add,
                    cancellation: TestContext.Current.CancellationToken
                );

                Assert.Equal(random.Requests.Count, records.Count);
                Assert.Equal(random.Requests.Count, summary.Finished + summary.Rejected);
            }
        }
    }

    private static Semantics With(Semantics start, string option, Semantics other)
    {
        var property = typeof(Semantics).GetProperty(option)!;
        var changed = start with { };
        property.SetValue(changed, property.GetValue(other));
        return changed;
    }
}
