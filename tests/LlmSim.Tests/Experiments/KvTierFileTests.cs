using System.Text;
using System.Text.Json;
using LlmSim.Experiments.ClusterConfig;
using LlmSim.Experiments.Results;
using LlmSim.Metrics;
using LlmSim.Performance;
using LlmSim.Performance.Catalog;
using LlmSim.Tests.Batching;
using LlmSim.Tests.Cli;
using Xunit;

namespace LlmSim.Tests.Experiments;

/// <summary>kv_tiers in cluster files, what does not go together, and the figures of results.</summary>
public sealed class KvTierFileTests
{
    private const string Host = """{ "kind": "host", "capacity_gib": 100, "bytes_per_second": 5e10 }""";

    [Fact]
    public void Fields_are_read()
    {
        var engine = Read(
            """
            "preemption": "swap", "kv_tiers": [
              { "kind": "host", "capacity_gib": 200.5, "bytes_per_second": 5e10, "write_bytes_per_second": 4e10, "latency_seconds": 1e-4 },
              { "kind": "ssd", "capacity_blocks": 100000, "bytes_per_second": 6e9, "write": "on_eviction", "eviction": "s3fifo", "prefetch": true },
              { "kind": "shared", "name": "store", "capacity_gib": "unlimited", "bytes_per_second": 0, "eviction": "session", "link": "kv" }
            ]
            """
        );

        Assert.Equal(KvPreemption.Swap, engine.Preemption);
        Assert.Equal(
            [
                new KvTierSpec
                {
                    Kind = KvTierKind.Host,
                    CapacityGib = 200.5,
                    BytesPerSecond = 5e10,
                    WriteBytesPerSecond = 4e10,
                    LatencySeconds = 1e-4,
                },
                new KvTierSpec
                {
                    Kind = KvTierKind.Ssd,
                    CapacityBlocks = 100_000,
                    BytesPerSecond = 6e9,
                    Write = KvTierWrite.OnEviction,
                    Prefetch = true,
                    Eviction = KvTierEviction.S3fifo,
                },
                new KvTierSpec
                {
                    Kind = KvTierKind.Shared,
                    Name = "store",
                    BytesPerSecond = 0,
                    Eviction = KvTierEviction.Session,
                    Link = KvTierLink.Kv,
                },
            ],
            engine.KvTiers!
        );
        // Whole blocks of 4 MiB in 200.5 GiB.
        Assert.Equal(51_328, engine.KvTiers![0].Blocks(4 << 20));
        Assert.Equal(long.MaxValue, engine.KvTiers[2].Blocks(4 << 20));
    }

    [Theory]
    [InlineData("{}", "c.json:1: kv_tiers: found an object; allowed: a list of objects [{ … }]")]
    [InlineData("[]", "c.json:1: kv_tiers: found an empty list; allowed: a list of objects [{ … }]")]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": 1, "bytes_per_second": 1, "prefetch": true }]""",
        "c.json:1: prefetch: found true in the first tier of kv_tiers; allowed: in those behind it"
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": 1, "bytes_per_second": 1, "prefetch": 1 }]""",
        "c.json:1: prefetch: found 1; allowed: true, false"
    )]
    [InlineData("[3]", "c.json:1: kv_tiers: found 3; allowed: a list of objects [{ … }]")]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": 1 }]""",
        "c.json:1: bytes_per_second: is not given in a tier of kv_tiers; allowed: a number from 0 to 1e18 bytes/s"
    )]
    [InlineData(
        """[{ "kind": "hots", "capacity_gib": 1, "bytes_per_second": 1 }]""",
        "c.json:1: kind: found 'hots'; allowed: host, ssd, shared. Did you mean 'host'?"
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": 1, "bytes_per_second": 1, "eviction": "random" }]""",
        "c.json:1: eviction: found 'random'; allowed: lru, lfu, fifo, s3fifo, session."
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": 1, "bytes_per_second": 1, "write": "back" }]""",
        "c.json:1: write: found 'back'; allowed: through, on_eviction."
    )]
    [InlineData(
        """[{ "kind": "shared", "name": "store", "capacity_gib": 1, "bytes_per_second": 1, "link": "nic" }]""",
        "c.json:1: link: found 'nic'; allowed: own, kv."
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": 1, "bytes_per_second": 1, "link": "kv" }]""",
        "c.json:1: link: found kv in a tier of kind host; allowed: with kind shared alone"
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": -1, "bytes_per_second": 1 }]""",
        "c.json:1: capacity_gib: found -1; allowed: a number from 0 to 1e9 GiB, or \"unlimited\""
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": "much", "bytes_per_second": 1 }]""",
        "c.json:1: capacity_gib: found 'much'; allowed: a number from 0 to 1e9 GiB, or \"unlimited\""
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_blocks": -1, "bytes_per_second": 1 }]""",
        "c.json:1: capacity_blocks: found -1; allowed: a whole number from 0 to 1e12 blocks"
    )]
    [InlineData(
        """[{ "kind": "host", "bytes_per_second": 1 }]""",
        "c.json:1: capacity_gib: is not given in a tier of kv_tiers; allowed: a number of GiB, \"unlimited\", or capacity_blocks instead"
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": 1, "capacity_blocks": 1, "bytes_per_second": 1 }]""",
        "c.json:1: capacity_blocks: found beside capacity_gib; allowed: one of them"
    )]
    [InlineData(
        """[{ "kind": "shared", "capacity_gib": 1, "bytes_per_second": 1 }]""",
        "c.json:1: name: is not given in a tier of kind shared; allowed: a name, in quotes"
    )]
    [InlineData(
        """[{ "kind": "ssd", "name": "a", "capacity_gib": 1, "bytes_per_second": 1 }]""",
        "c.json:1: name: found in a tier of kind ssd; allowed: with kind shared alone"
    )]
    [InlineData(
        """[{ "kind": "host", "capacity_gib": 1, "bytes_per_second": 1, "latency_seconds": -1 }]""",
        "c.json:1: latency_seconds: found -1; allowed: a number from 0 to 1e9 s"
    )]
    public void What_is_wrong_is_said(string tiers, string message)
    {
        var error = Assert.Throws<UserErrorException>(() => Read($"\"kv_tiers\": {tiers}"));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(
        """{ "role": "mixed" }""",
        """ "preemption": "swap" """,
        "preemption: found swap without kv_tiers"
    )]
    [InlineData(
        """{ "role": "mixed" }""",
        """ "preemption": "swap", "kv_tiers": [{ "kind": "ssd", "capacity_gib": 1, "bytes_per_second": 1 }] """,
        "preemption: found swap without a tier of kind host in kv_tiers; allowed: with one"
    )]
    [InlineData(
        """{ "role": "mixed" }""",
        """ "prefix_caching": false, "kv_tiers": [HOST] """,
        "kv_tiers: found with prefix_caching false"
    )]
    [InlineData("""{ "role": "mixed" }""", """ "kv_tiers": [HOST, HOST] """, "kv_tiers: found host twice")]
    [InlineData(
        """{ "role": "mixed" }""",
        """ "kv_tiers": [{ "kind": "shared", "name": "store", "capacity_gib": 1, "bytes_per_second": 1, "link": "kv" }] """,
        "link: found kv in a tier of kv_tiers, where transfers do not contend for the links of instances; allowed: own, or kv with kv_transfer contended_links"
    )]
    [InlineData(
        """{ "role": "prefill" }, { "role": "decode" }""",
        """ "kv_tiers": [HOST] """,
        "kv_tiers: found on a decode instance"
    )]
    [InlineData(
        """{ "role": "mixed" }""",
        """ "kind": "sglang", "preemption": "swap", "kv_tiers": [HOST] """,
        "preemption: is read by vLLM alone"
    )]
    public void What_does_not_go_together_is_said(string instances, string engine, string message)
    {
        var fields =
            $$""" "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "engine": { {{engine.Replace("HOST", Host, StringComparison.Ordinal)}} } }""";
        var error = Fail($"[{instances.Replace(" }", $", {fields}", StringComparison.Ordinal)}]");

        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """ "capacity_gib": 1, "bytes_per_second": 1e9 """,
        "kv_tiers: found shared tier store as 1 GiB with 1000000000 and 1000000000 bytes/s, 0 s, Lru and as 2 GiB with"
    )]
    [InlineData(
        """ "capacity_gib": 2, "bytes_per_second": 1e9, "eviction": "fifo" """,
        "allowed: the same for all instances"
    )]
    [InlineData(
        """ "capacity_gib": 2, "bytes_per_second": 1e9, "link": "kv" """,
        "0 s, Lru, link kv and as 2 GiB with 1000000000 and 1000000000 bytes/s, 0 s, Lru; allowed: the same"
    )]
    public void Instances_describe_a_shared_tier_alike(string other, string message)
    {
        string Instance(string tier, string more = "") =>
            $$"""{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "engine": { {{more}} "kv_tiers": [{ "kind": "shared", "name": "store", {{tier}} }] } }""";
        var isOverPorts = other.Contains("link", StringComparison.Ordinal);
        const string One = """ "capacity_gib": 2, "bytes_per_second": 1e9, "write": "on_eviction" """;

        Assert.Contains(
            message,
            Fail(
                $"[{Instance(One)}, {Instance(other)}]",
                isOverPorts ? ["--kv_transfer", "contended_links"] : []
            ),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "kv_tiers: the instances of shared tier store differ in their model or block_size",
            Fail($"[{Instance(One)}, {Instance(One, "\"block_size\": 32,")}]"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Results_name_the_tiers_and_have_what_they_did()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "c.json",
            $$"""
            [{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4,
               "engine": { "kv_blocks": 1200, "kv_tiers": [{{Host}}] } }]
            """
        );
        string[] words =
        [
            "run",
            "--cluster",
            cluster,
            "--request_source",
            "chat:turns=4,think=10s",
            "--request_count",
            "40",
            "--lambda_arrival",
            "1",
            "--verify",
        ];

        var run = CliRun.Of([.. words, "--json", "-"]);

        Assert.Equal(0, run.ExitCode);
        using var json = JsonDocument.Parse(run.Out);
        Assert.Contains("\"write\": \"through\"", run.Out, StringComparison.Ordinal);
        var tier = json.RootElement.GetProperty("summary").GetProperty("kv_tiers")[0];
        var blocks = tier.GetProperty("hit_blocks").GetInt64();
        Assert.True(blocks > 100, $"{blocks} blocks");
        // 16 tokens of 80 layers with 8 heads of 128, keys and values of 16 bits.
        Assert.Equal(blocks * 16 * 80 * 2 * 8 * 128 * 2, tier.GetProperty("read_bytes").GetInt64());
        Assert.Contains("KV tier     host: ", CliRun.Of(words).Out, StringComparison.Ordinal);
    }

    /// <summary>Without transfers between instances, the options of their links are still read.</summary>
    [Fact]
    public void A_tier_may_be_on_the_KV_link()
    {
        using var folder = new TemporaryFolder();
        var cluster = folder.Write(
            "c.json",
            """
            [{ "role": "mixed", "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 2, "kv_link_bytes_per_second": 2.5e10,
               "engine": { "kv_blocks": 1200,
                 "kv_tiers": [{ "kind": "shared", "name": "store", "capacity_gib": 100, "bytes_per_second": 5e10, "link": "kv" }] } }]
            """
        );

        var run = CliRun.Of(
            "run",
            "--cluster",
            cluster,
            "--request_source",
            "chat:turns=4,think=10s",
            "--request_count",
            "40",
            "--lambda_arrival",
            "1",
            "--kv_transfer",
            "contended_links",
            "--verify",
            "--json",
            "-"
        );

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("no effect", run.Error, StringComparison.Ordinal);
        Assert.Contains("\"link\": \"kv\"", run.Out, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(run.Out);
        var blocks = json
            .RootElement.GetProperty("summary")
            .GetProperty("kv_tiers")[0]
            .GetProperty("hit_blocks")
            .GetInt64();
        Assert.True(blocks > 100, $"{blocks} blocks");
    }

    [Fact]
    public void A_summary_of_the_journal_has_its_tiers()
    {
        var usage = new KvTierUsage("store", 1, 2, 3, 4, 5);
        var summary = EngineScenarios
            .Run(EngineScenarios.Cluster(new IterationTimesModel(1), new EngineSpec(), mixed: 1), (0, 5, 5))
            .Summary with
        {
            KvTiers = [usage],
        };

        Assert.Equal([usage], SummaryJson.ParseSummary(SummaryJson.Text(summary)).KvTiers!);
    }

    [Fact]
    public void Results_without_tiers_do_not_speak_of_them()
    {
        var run = CliRun.Of("run", "--request_count", "20", "--json", "-");

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain("tiers", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("preemption\"", run.Out, StringComparison.Ordinal);
    }

    private static string Fail(string cluster, params string[] options)
    {
        using var folder = new TemporaryFolder();
        var run = CliRun.Of([
            "run",
            "--cluster",
            folder.Write("c.json", cluster),
            "--request_count",
            "5",
            .. options,
        ]);
        Assert.NotEqual(0, run.ExitCode);
        Assert.Single(run.Error.Trim().Split('\n'));
        return run.Error;
    }

    private static EngineSpec Read(string fields) =>
        ClusterFile
            .Read(
                Encoding.UTF8.GetBytes(
                    $$"""[{ "hardware": "NVIDIA_H200", "tp_size": 8, "engine": { {{fields.ReplaceLineEndings(" ")}} } }]"""
                ),
                "c.json",
                new(HardwareCatalog.BuiltIn.Get, name => name, ModelCatalog.BuiltIn.Get)
            )[0]
            .Instance.Engine!;
}
