using LlmSim.Experiments.Slos;
using LlmSim.Kernel;
using LlmSim.Metrics;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Slos;

public sealed class MissWatchTests
{
    private static readonly string[] s_slos =
    [
        "ttft_p99<1s",
        "ttft_p90<=1s",
        "ttft_p50<1s",
        "ttft_mean<1s",
        "e2e_p95<3s",
        "tpot_p99<50ms",
        "tpot_mean<=50ms",
        "attainment>=95%",
        "ttft_attainment>90%",
        "tpot_attainment>=80%",
    ];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_run_that_is_ended_misses_the_slo_whatever_the_rest_would_have_been(int seed)
    {
        var random = new Random(seed);
        var records = Records(random, count: random.Next(20, 400));
        foreach (var text in s_slos)
        {
            var slo = SloTerms.Parse(text, "--slo").Terms[0];
            foreach (var runs in (int[])[1, 3])
            {
                if (EndedAfter(slo, records, runs) is not { } count)
                {
                    continue;
                }

                // The rest at its best, and other runs that are at theirs.
                var rest = records[count..].Select(record => Best(record));
                var others = Value(slo, [.. records.Select(Best)]) * (runs - 1);
                var mean = (Value(slo, [.. records[..count], .. rest]) + others) / runs;

                Assert.False(
                    slo.IsMetBy(mean),
                    $"{slo} ended after {count} of {records.Length}, mean {mean}"
                );
            }
        }
    }

    [Theory]
    [InlineData("ttft_p99<1s", 3)]
    [InlineData("ttft_p50<1s", 101)]
    [InlineData("tpot_p90<50ms", 21)]
    [InlineData("attainment>=99%", 3)]
    [InlineData("ttft_mean<1s", 51)]
    public void It_ends_as_soon_as_too_many_have_missed(string text, int expected)
    {
        var slo = SloTerms.Parse(text, "--slo").Terms[0];
        var records = Enumerable.Range(0, 200).Select(_ => Record(ttft: 4, tpot: 0.2)).ToArray();

        Assert.Equal(expected, EndedAfter(slo, records, runs: 1));
    }

    [Fact]
    public void Requests_of_the_warm_up_do_not_count()
    {
        var slo = SloTerms.Parse("ttft_p99<1s", "--slo").Terms[0];
        var records = Enumerable
            .Range(0, 200)
            .Select(i => Record(ttft: i < 100 ? 9 : 0.1, tpot: 0.01) with { IsMeasured = i >= 100 })
            .ToArray();

        Assert.Null(EndedAfter(slo, records, runs: 1));
    }

    private static int? EndedAfter(SloTerm slo, RequestRecord[] records, int runs)
    {
        var watch = new MissWatch(
            new MissRule([new WatchedTerm(slo, 1)], records.Length, runs),
            ttftSloSeconds: 1,
            tpotSloSeconds: 0.05
        );
        for (var i = 0; i < records.Length; i++)
        {
            try
            {
                watch.Add(records[i]);
            }
            catch (SurelyMissedException miss)
            {
                Assert.Equal((slo, i + 1), (miss.Slo, miss.Requests));
                return i + 1;
            }
        }

        return null;
    }

    private static RequestRecord[] Records(Random random, int count)
    {
        var overload = Math.Pow(random.NextDouble() * 3, 2);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(i =>
                    random.Next(20) == 0
                        ? Record(0, 0) with
                        {
                            RejectionReason = "too long",
                        }
                        : Record(
                            overload * i / count * random.NextDouble(),
                            random.Next(10) == 0 ? double.NaN : 0.1 * overload * random.NextDouble()
                        )
                ),
        ];
    }

    private static RequestRecord Best(RequestRecord record) =>
        record.IsRejected ? record : Record(0, double.IsNaN(record.TpotSeconds) ? double.NaN : 0);

    private static double Value(SloTerm slo, RequestRecord[] records)
    {
        var recorder = new ValueSummary();
        var deadlines = new SloAttainment(1, 0.05);
        foreach (var record in records.Where(record => !record.IsRejected))
        {
            var met = SlosMet.Of(
                RequestOrigin.Unknown,
                record.TtftSeconds,
                record.TpotSeconds,
                record.EndToEndSeconds,
                ttftSloSeconds: 1,
                tpotSloSeconds: 0.05
            );
            deadlines.Add(met, isMeasured: true);
            var value = slo.Figure.Time switch
            {
                "ttft" => record.TtftSeconds,
                "tpot" => record.TpotSeconds,
                _ => record.EndToEndSeconds,
            };
            if (!double.IsNaN(value))
            {
                recorder.Add(value);
            }
        }

        var all = recorder.Summarize();
        return slo.Figure.Name switch
        {
            "attainment" => 100.0 * deadlines.MetBoth / records.Length,
            "ttft_attainment" => 100.0 * deadlines.MetTtft / records.Length,
            "tpot_attainment" => 100.0 * deadlines.MetTpot / records.Length,
            _ => slo.Figure.Percent switch
            {
                0 => all.Mean,
                50 => all.P50,
                90 => all.P90,
                95 => all.P95,
                _ => all.P99,
            },
        };
    }

    private static RequestRecord Record(double ttft, double tpot) =>
        new()
        {
            Id = 0,
            Arrival = SimTime.Zero,
            TraceInputTokens = 10,
            TraceOutputTokens = 11,
            InputTokens = 10,
            OutputTokens = 11,
            PrefillInstance = 0,
            PrefillStart = SimTime.Zero,
            PrefillFinish = SimTime.FromSeconds(ttft),
            TransferFinish = SimTime.FromSeconds(ttft),
            DecodeInstance = 0,
            DecodeStart = SimTime.FromSeconds(ttft),
            FirstDecodeStart = SimTime.FromSeconds(ttft),
            Finish = SimTime.FromSeconds(ttft + (double.IsNaN(tpot) ? 0 : 10 * tpot)),
            Evictions = 0,
            Recompute = SimTime.Zero,
            TpotSeconds = tpot,
        };
}
