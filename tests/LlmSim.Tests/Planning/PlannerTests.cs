using LlmSim.Experiments.Planning;
using Xunit;

namespace LlmSim.Tests.Planning;

public sealed class PlannerTests
{
    private static readonly InstanceShape[] s_shapes =
    [
        PlanCases.Shape("NVIDIA_H100_SXM", 1, isDisaggregated: false),
        PlanCases.Shape("NVIDIA_H100_SXM", 2, isDisaggregated: false),
        PlanCases.Shape("NVIDIA_H100_SXM", 4, isDisaggregated: true),
        PlanCases.Shape("NVIDIA_H200", 1, isDisaggregated: true),
        PlanCases.Shape("NVIDIA_H200", 8, isDisaggregated: false),
        PlanCases.Shape("NVIDIA_H200", 4, isDisaggregated: true) with
        {
            DecodeLayout = PlanCases.Layout("NVIDIA_H100_SXM", 1),
        },
        PlanCases.Shape("NVIDIA_B200", 1, isDisaggregated: true) with
        {
            DecodeLayout = PlanCases.Layout("NVIDIA_H100_SXM", 2) with { AttentionDp = 2 },
        },
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 100)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_search_finds_what_trying_every_size_finds(int seed)
    {
        var needs = new Needs(new Random(seed));
        foreach (var rows in (int[])[1, 3, 10])
        {
            var question = PlanCases.Question(s_shapes) with { Rows = rows };

            var answer = PlanCases.Answer(question, probe => needs.AreMet(probe.Candidate));

            var expected = s_shapes
                .SelectMany(shape =>
                    Sizes.All(question, shape).Where(needs.AreMet).GroupBy(candidate => candidate.Shape)
                )
                .Select(candidates => candidates.Min(question.Weight))
                .Order()
                .Take(rows);
            Assert.Equal(expected, answer.Rows.Select(row => question.Weight(row.Candidate)));
            Assert.All(answer.Rows, row => Assert.True(needs.AreMet(row.Candidate)));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Long_runs_mend_what_short_ones_got_wrong(int seed)
    {
        var random = new Random(seed);
        var needs = new Needs(random);
        var wrong = new Needs(random);
        foreach (var shape in s_shapes)
        {
            wrong.ByShape[shape] = needs.ByShape[shape] with
            {
                Mixed = Math.Max(1, needs.ByShape[shape].Mixed + random.Next(-2, 3)),
                Prefill = Math.Max(1, needs.ByShape[shape].Prefill + random.Next(-1, 2)),
            };
        }

        var question = PlanCases.Question(s_shapes);

        var answer = PlanCases.Answer(
            question,
            probe => (probe.Level == ProbeLevel.Full ? needs : wrong).AreMet(probe.Candidate)
        );

        foreach (var row in answer.Rows)
        {
            Assert.Equal(
                Sizes.All(question, row.Candidate.Shape).Where(needs.AreMet).Min(question.Weight),
                question.Weight(row.Candidate)
            );
        }
    }

    [Fact]
    public void Where_nothing_holds_the_nearest_miss_is_named()
    {
        var question = PlanCases.Question(s_shapes);

        var answer = PlanCases.Answer(question, _ => false);

        Assert.Empty(answer.Rows);
        Assert.All(answer.Searches, search => Assert.NotNull(search.Dropped));
        Assert.StartsWith(
            "Nothing meets prefill_queue_mean<1s with up to 64 accelerators. The nearest is ",
            PlanVerdict.Of(answer),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(3.7)]
    [InlineData(0.0213)]
    [InlineData(812.0)]
    public void The_highest_rate_is_found_to_a_per_cent(double most)
    {
        var question = PlanCases.Question(s_shapes) with
        {
            Objective = PlanObjective.Rate,
            MaxAccelerators = 8,
        };

        var answer = PlanCases.Answer(question, probe => probe.Rate <= most);

        // Every way to divide eight accelerators to which nothing can be added is a candidate.
        Assert.Equal(1 + 1 + 1 + 7 + 1 + 1 + 1, answer.Searches.Count);
        Assert.All(answer.Rows, row => Assert.InRange(row.Rate!.Value, most / 1.012, most));
    }

    /// <summary>How many instances of each shape are enough.</summary>
    private sealed class Needs
    {
        public Needs(Random random)
        {
            foreach (var shape in s_shapes)
            {
                ByShape[shape] = new Need(
                    random.Next(1, 20),
                    random.Next(1, 6),
                    random.Next(1, 6),
                    random.Next(1, 9)
                );
            }
        }

        public Dictionary<InstanceShape, Need> ByShape { get; } = [];

        public bool AreMet(Candidate candidate)
        {
            var (need, size) = (ByShape[candidate.Shape], candidate.Size);
            return candidate.Shape.IsDisaggregated
                ? size.Prefill >= need.Prefill
                    && size.Decode >= need.Decode
                    && size.Instances >= need.Together
                : size.Mixed >= need.Mixed;
        }
    }

    private sealed record Need(int Mixed, int Prefill, int Decode, int Together);
}
