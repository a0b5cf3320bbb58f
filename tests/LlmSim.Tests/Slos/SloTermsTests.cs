using LlmSim.Experiments.Slos;
using LlmSim.Metrics;
using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Slos;

/// <summary>Limits from their text: what they mean, how they are printed, and what is refused with which words.</summary>
public sealed class SloTermsTests
{
    [Theory]
    [InlineData("ttft_p99<1s", "ttft_p99", 1, "ttft_p99<1s")]
    [InlineData("ttft_p99 < 1000 ms", "ttft_p99", 1, "ttft_p99<1s")]
    [InlineData(" tpot_p99<50ms ", "tpot_p99", 0.05, "tpot_p99<50ms")]
    [InlineData("tpot_mean<=0.07s", "tpot_mean", 0.07, "tpot_mean<=70ms")]
    [InlineData("itl_p50<=12.5us", "itl_p50", 12.5e-6, "itl_p50<=12.5us")]
    [InlineData("kv_transfer_p95<3µs", "kv_transfer_p95", 3e-6, "kv_transfer_p95<3us")]
    [InlineData("prefill_queue_mean<=0", "prefill_queue_mean", 0, "prefill_queue_mean<=0s")]
    [InlineData("e2e_p25>90s", "e2e_p25", 90, "e2e_p25>90s")]
    [InlineData("attainment>=95%", "attainment", 95, "attainment>=95%")]
    [InlineData("attainment >= 99.9 %", "attainment", 99.9, "attainment>=99.9%")]
    [InlineData("slo_attainment_pct>90%", "ttft_attainment", 90, "ttft_attainment>90%")]
    [InlineData("goodput>2.5", "goodput", 2.5, "goodput>2.5/s")]
    [InlineData("window_goodput>=10/s", "window_goodput", 10, "window_goodput>=10/s")]
    [InlineData("output_tokens_per_second>1000/s", "output_throughput", 1000, "output_throughput>1000/s")]
    public void A_limit_has_its_value_and_its_normal_form(
        string text,
        string figure,
        double value,
        string normal
    )
    {
        var term = Assert.Single(SloTerms.Parse(text, "--require").Terms);

        Assert.Equal((figure, value, normal), (term.Figure.Name, term.Value, term.ToString()));
        Assert.Equal([term], SloTerms.Parse(normal, "--require").Terms);
    }

    [Fact]
    public void Every_figure_and_sign_is_read_back_from_its_normal_form()
    {
        var signs = Enum.GetValues<SloComparison>();
        var random = new Random(1);
        foreach (var figure in SloFigure.All)
        {
            foreach (var sign in signs)
            {
                var limit = new decimal(
                    random.Next(1, 99_000),
                    0,
                    0,
                    isNegative: false,
                    (byte)random.Next(3, 9)
                );
                var term = new SloTerm(figure, sign, limit);

                Assert.Equal(term, Assert.Single(SloTerms.Parse($"{term}", "--slo").Terms));
            }
        }
    }

    [Fact]
    public void Several_limits_are_one_list_without_repetition() =>
        Assert.Equal(
            "ttft_p99<1s, tpot_p99<50ms, attainment>=95%",
            SloTerms
                .Parse(["ttft_p99<1s, tpot_p99<50ms", "attainment>=95%,ttft_p99<1000ms"], "--slo")
                .ToString()
        );

    [Theory]
    [InlineData("ttft_p99<1s", 0.999, true)]
    [InlineData("ttft_p99<1s", 1, false)]
    [InlineData("ttft_p99<=1s", 1, true)]
    [InlineData("ttft_p99>1s", 1, false)]
    [InlineData("ttft_p99>1s", 1.001, true)]
    [InlineData("ttft_p99>=1s", 1, true)]
    [InlineData("ttft_p99<1s", double.NaN, false)]
    [InlineData("ttft_p99>=1s", double.NaN, false)]
    public void A_run_is_compared_by_its_own_figure(string text, double seconds, bool isMet)
    {
        var summary = Samples.Summary() with { TtftSeconds = default(Distribution) with { P99 = seconds } };
        var terms = SloTerms.Parse(text, "--require");
        var requirement = Assert.Single(terms.Check(summary));

        Assert.Equal(isMet, terms.AreMet(summary));
        Assert.Equal((isMet, seconds, 1.0), (requirement.IsMet, requirement.Value, requirement.Limit));
    }

    [Theory]
    [InlineData("", "'': at 1: found nothing; allowed: ttft, tpot")]
    [InlineData("ttft_p98<1s", "at 1: found 'ttft_p98'; allowed: ttft, tpot, itl, e2e")]
    [InlineData(
        "ttft_p99<1s, tpto_p99<50ms",
        "at 14: found 'tpto_p99'; allowed: ",
        "Did you mean 'tpot_p99'?"
    )]
    [InlineData("ttft_p99", "at 9: found nothing; allowed: <, <=, > or >=")]
    [InlineData("ttft_p99=1s", "at 9: found '=1s'; allowed: <, <=, > or >=")]
    [InlineData("ttft_p99<", "at 10: found nothing; allowed: a number from 0")]
    [InlineData("ttft_p99<one", "at 10: found 'one'; allowed: a number from 0")]
    [InlineData("ttft_p99<-1s", "at 10: found '-1'; allowed: a number from 0")]
    [InlineData("ttft_p99<1.2.3s", "at 10: found '1.2.3'; allowed: a number")]
    [InlineData("ttft_p99<99999999999999999999s", "allowed: a number from 0")]
    [InlineData("ttft_p99<99999999999999999999999999999999999s", "allowed: a number from 0")]
    [InlineData("ttft_p99<1", "at 11: found nothing; allowed: a unit of ttft_p99: s, ms or us")]
    [InlineData("ttft_p99<1m", "at 11: found 'm'; allowed: a unit of ttft_p99: s, ms or us")]
    [InlineData("ttft_p99<1e-3s", "at 11: found 'e-3s'; allowed: a unit")]
    [InlineData("attainment>=95", "at 15: found nothing; allowed: the unit of attainment: %")]
    [InlineData("goodput>5%", "at 10: found '%'; allowed: the unit of goodput: /s")]
    [InlineData(
        "ttft_p99<1s tpot_p99<50ms",
        "at 13: found 'tpot_p99<50ms'; allowed: a comma and another limit"
    )]
    [InlineData("ttft_p99<1s,", "at 13: found nothing; allowed: ttft, tpot")]
    [InlineData("ttft_p99<0", "at 1: found 'ttft_p99<0'; allowed: what a run can meet: ttft_p99 is from 0")]
    [InlineData(
        "attainment>100%",
        "found 'attainment>100%'; allowed: what a run can meet: attainment is from 0%"
    )]
    [InlineData("tpot_p99<1s, attainment>=101%", "at 14: found 'attainment>=101%'; allowed: what a run")]
    [InlineData("ttft_p99<1s, ttft_p99>2s", "ttft_p99>2s and ttft_p99<1s contradict each other")]
    [InlineData("ttft_p99<1s, ttft_p99>=1s", "ttft_p99>=1s and ttft_p99<1s contradict each other")]
    [InlineData("ttft_p50>2s, ttft_p99<1s", "contradict each other: ttft_p50 is never above ttft_p99")]
    public void What_is_not_understood_or_impossible_is_refused_with_its_place(
        string text,
        params string[] messages
    )
    {
        var error = Assert.Throws<UserErrorException>(() => SloTerms.Parse(text, "--require"));

        Assert.StartsWith("--require", error.Message, StringComparison.Ordinal);
        Assert.All(messages, message => Assert.Contains(message, error.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ttft_p99<2s, ttft_p99>1s")]
    [InlineData("ttft_p99<=1s, ttft_p99>=1s")]
    [InlineData("ttft_p99>2s, ttft_p50<1s")]
    [InlineData("ttft_p99>2s, tpot_p99<1s")]
    [InlineData("ttft_mean>2s, ttft_p99<1s")]
    public void Limits_that_one_run_can_keep_are_not_refused(string text) =>
        Assert.Equal(2, SloTerms.Parse(text, "--require").Terms.Count);
}
