using LlmSim.Experiments.Kernels;
using LlmSim.Performance;
using LlmSim.Performance.Kernels;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class TmpDistributionTests
{
    [Fact]
    public void Dump()
    {
        using var w = new StreamWriter("/tmp/moe/dist.txt");
        foreach (var path in Directory.EnumerateFiles("/work/wt/shared/kernels", "*moe_perf.parquet", SearchOption.AllDirectories).Order())
        {
            var t = KernelTable.Open(path);
            var d = t.Texts("distribution");
            w.WriteLine(path + " " + d.Length + " " + string.Join(", ", d.GroupBy(x => x).Select(g => g.Key + ":" + g.Count())));
        }
        foreach (var rel in new[] { "h100_sxm/moe/vllm/0.24.0", "h100_sxm/moe/sglang/0.5.10", "h200_sxm/moe/trtllm/1.3.0rc20" })
        {
            var t = KernelTable.Open("/work/wt/shared/kernels/" + rel + "/moe_perf.parquet");
            var f = t.Texts("moe_dtype"); var d = t.Texts("distribution");
            var n = t.Counts("num_tokens"); var h = t.Counts("hidden_size"); var im = t.Counts("inter_size"); var k = t.Counts("topk"); var e = t.Counts("num_experts"); var tp = t.Counts("moe_tp_size"); var ep = t.Counts("moe_ep_size"); var s = t.Seconds();
            var roofs = KernelRoofs.Of(LlmSim.Performance.Catalog.HardwareCatalog.BuiltIn.Get(rel.StartsWith("h100") ? "NVIDIA_H100_SXM" : rel.StartsWith("h200") ? "NVIDIA_H200_SXM" : "NVIDIA_B200_SXM"));
            var errs = new Dictionary<string, List<(double, double, double)>>();
            foreach (var g in Enumerable.Range(0, s.Length).GroupBy(i => (f[i], h[i], im[i], k[i], e[i], tp[i], ep[i])))
            {
                if (e[g.First()] <= 16 || g.First() % 5 != 0) continue;
                var fmt = KernelFormat.All.FirstOrDefault(x => x.Name == g.Key.Item1 || (g.Key.Item1 == "bfloat16" && x == KernelFormat.Bf16));
                if (fmt is null || f[g.First()] is "fp8" or "int4_wo") continue;
                var shape = new ExpertShape(g.Key.Item2, g.Key.Item3, g.Key.Item4, g.Key.Item5, g.Key.Item6, g.Key.Item7);
                var moe = new MixtureOfExperts { Experts = shape.Experts, ExpertsPerToken = shape.Chosen, ExpertIntermediateSize = shape.Intermediate };
                var law = new TableLoad(moe, shape.ExpertRanks);
                var launch = g.Min(i => s[i]);
                foreach (var at in g.GroupBy(i => n[i]))
                {
                    var p = at.FirstOrDefault(i => d[i] == "power_law_1.01", -1);
                    if (p < 0) continue;
                    foreach (var o in at.Where(i => d[i] == "balanced"))
                    {
                        var m = law.At(n[o]);
                        var b = ExpertLoad.Balanced(moe, shape.ExpertRanks, n[o]);
                        double R(FullestRank r) => roofs.ExpertSeconds(fmt, shape, n[o], ExpertTokens.Gathered, r.Rows, r.Experts);
                        var pred = Math.Max(R(b), launch + (s[p] - launch) * R(b) / R(m)); var half = Math.Max(R(b), launch + (s[p] - launch) * Math.Sqrt(R(b) / R(m)));
                        foreach (var key in new[] { $"{f[o]} all", $"{f[o]} n {(n[o] <= 16 ? "<=16" : n[o] <= 256 ? "<=256" : n[o] <= 4096 ? "<=4096" : "more")} ep {(shape.ExpertRanks == 1 ? 1 : shape.ExpertRanks <= 8 ? 8 : 99)}" })
                        {
                            (errs.TryGetValue(key, out var l) ? l : errs[key] = []).Add((pred / s[o] - 1, s[p] / s[o] - 1, half / s[o] - 1));
                        }
                    }
                }
            }
            foreach (var (key, l) in errs.OrderBy(x => x.Key))
            {
                var a = l.Select(x => Math.Abs(x.Item1)).Order().ToArray(); var z = l.Select(x => Math.Abs(x.Item2)).Order().ToArray();
                var sg = l.Select(x => x.Item1).Order().ToArray(); var zs = l.Select(x => x.Item2).Order().ToArray();
                var hh = l.Select(x => Math.Abs(x.Item3)).Order().ToArray(); w.WriteLine($"sqrt {hh[hh.Length / 2]:P1} / {hh[hh.Length * 9 / 10]:P1} {rel} {key}: {l.Count} with law {a[a.Length / 2]:P1} / {a[a.Length * 9 / 10]:P1} (signed {sg[a.Length / 2]:P1}); as is {z[z.Length / 2]:P1} / {z[z.Length * 9 / 10]:P1} (signed {zs[z.Length / 2]:P1})");
            }
        }
    }
}
