using LlmSim.Distributed;
using LlmSim.Experiments;
using LlmSim.Experiments.Results;
using LlmSim.Performance;
using LlmSim.Tests.Experiments;
using LlmSim.Workloads.Traces;
using Xunit;

namespace LlmSim.Tests.Distributed;

/// <summary>What a queue is made of, without a server.</summary>
public sealed class QueuePartsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<int> Configurations => [.. Enumerable.Range(0, 4)];

    [Theory]
    [MemberData(nameof(Configurations))]
    public void A_configuration_is_the_same_after_its_way_through_JSON(int index)
    {
        RunConfiguration[] all =
        [
            new(),
            new()
            {
                Semantics = Semantics.Reference,
                Seed = -3,
                LambdaArrival = 1.0 / 3,
            },
            new()
            {
                TracePath = "a\"b.jsonl",
                TraceOptions = new TraceOptions
                {
                    TimeScale = 0.1,
                    Until = 7,
                    Jitter = true,
                },
                Precision = new PrecisionRequest { Format = "fp8", KvBits = 8 },
                Performance = "measured:profiles/x",
                Concurrency = 3,
                MaxModelLen = 1000,
            },
            new()
            {
                ClusterContent = "[{\"role\": \"mixed\"}]",
                Semantics = SemanticsOptions.All.Aggregate(
                    Semantics.Standard,
                    (semantics, option) => option.With(semantics, option.AllowedValues[^1])
                ),
            },
        ];
        var text = SummaryJson.Text(all[index]);

        var back = SummaryJson.ParseConfiguration(text);

        Assert.Equal(text, SummaryJson.Text(back));
    }

    [Theory]
    [InlineData("a/b.json", 0)]
    [InlineData("../b.json", 1)]
    [InlineData("a/../../b.json", 1)]
    [InlineData("../../a/../../b", 3)]
    [InlineData("./.././b", 1)]
    public void The_folders_that_a_path_goes_up_are_counted(string path, int depth) =>
        Assert.Equal(depth, StudyPaths.Depth(path));

    [Fact]
    public void Absolute_paths_become_relative_and_others_stay_as_they_are()
    {
        var here = Directory.GetCurrentDirectory();

        var configuration = StudyPaths.Relative(
            new RunConfiguration
            {
                TracePath = Path.Combine(here, "x", "trace.jsonl"),
                Cluster = "./../cluster.json",
                Model = Path.Combine(Path.GetDirectoryName(here)!, "config.json"),
                Performance = "mine:" + Path.Combine(here, "own.cs") + ":fast",
            }
        );

        Assert.Equal("x/trace.jsonl", configuration.TracePath);
        Assert.Equal("./../cluster.json", configuration.Cluster);
        Assert.Equal("../config.json", configuration.Model);
        Assert.Equal("mine:own.cs:fast", configuration.Performance);
        Assert.Equal(
            "kernels",
            StudyPaths.Relative(new RunConfiguration { Performance = "kernels" }).Performance
        );
    }

    [Fact]
    public async Task The_cache_forgets_what_was_used_longest_ago_but_nothing_that_a_study_uses()
    {
        using var cache = new InputCache(_folder.File("cache"), limitBytes: 250);
        var study = cache.NewStudy();
        byte[][] contents =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i =>
                    new byte[100]
                        .Select(_ => (byte)i)
                        .ToArray()
                ),
        ];
        var hashes = contents.Select(content => ContentHash.Of(content)).ToArray();
        File.CreateSymbolicLink(Path.Combine(study, "used"), await Get(0));
        File.SetLastAccessTimeUtc(await Get(0), DateTime.UnixEpoch);
        await Get(1);
        await Get(2);
        await Get(3);

        Assert.Equal(
            new[] { hashes[0], hashes[3] }.Order(),
            Directory.GetFiles(_folder.File("cache/objects")).Select(Path.GetFileName).Order()
        );

        Task<string> Get(int index) =>
            cache.PathOfAsync(
                hashes[index],
                async stream =>
                {
                    await stream.WriteAsync(contents[index]);
                    return true;
                }
            );
    }

    [Fact]
    public async Task Workers_that_begin_at_once_share_what_a_dead_one_has_left()
    {
        for (var round = 0; round < 5; round++)
        {
            var left = Path.Combine("cache", "studies", "1-x");
            for (var i = 0; i < 200; i++)
            {
                _folder.Write(Path.Combine(left, "work", "main", $"{i}", "file.json"), "{}");
            }

            _folder.Write(left + ".lock", "");
            InputCache[] caches =
            [
                .. Enumerable.Range(0, 8).Select(_ => new InputCache(_folder.File("cache"), 1000)),
            ];

            var studies = await Task.WhenAll(caches.Select(cache => Task.Run(cache.NewStudy)));

            Assert.Equal(8, studies.Distinct().Count());
            Assert.All(studies, study => Assert.True(Directory.Exists(study)));
            Assert.False(Directory.Exists(_folder.File(left)));
            Array.ForEach(caches, cache => cache.Dispose());
            Assert.Empty(Directory.GetFileSystemEntries(_folder.File("cache/studies")));
        }
    }

    [Fact]
    public async Task A_content_that_is_missing_damaged_or_none_is_told()
    {
        using var cache = new InputCache(_folder.File("cache"), 1000);
        cache.NewStudy();
        var hash = ContentHash.Of("right"u8);

        var missing = await Assert.ThrowsAsync<InputMissingException>(() =>
            cache.PathOfAsync(hash, _ => Task.FromResult(false))
        );
        var damaged = await Assert.ThrowsAsync<InputMissingException>(() =>
            cache.PathOfAsync(hash, stream => Write(stream, "wrong"))
        );
        var none = await Assert.ThrowsAsync<InputMissingException>(() =>
            cache.PathOfAsync("../../x", stream => Write(stream, "x"))
        );

        Assert.Equal($"{hash} is not on the server", missing.Message);
        Assert.StartsWith(
            $"{hash} on the server has another content (",
            damaged.Message,
            StringComparison.Ordinal
        );
        Assert.Equal("'../../x' is no hash", none.Message);
        Assert.Empty(Directory.GetFiles(_folder.File("cache/objects")));
        var path = await cache.PathOfAsync(hash, stream => Write(stream, "right"));
        File.WriteAllText(path, "flipped");
        // Another process does not trust what it finds.
        using var another = new InputCache(_folder.File("cache"), 1000);
        another.NewStudy();
        var again = await another.PathOfAsync(hash, stream => Write(stream, "right"));
        Assert.Equal("right", File.ReadAllText(again));

        static async Task<bool> Write(Stream stream, string text)
        {
            await stream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(text));
            return true;
        }
    }

    [Theory]
    [InlineData("nats://host", "nats://host:4222", null, null)]
    [InlineData("nats://me:a%20b@host:7", "nats://host:7", "me", "a b")]
    [InlineData("tls://a:1,tls://b:2", "tls://a:1,tls://b:2", null, null)]
    public void An_address_shows_no_password(string text, string shown, string? user, string? password)
    {
        var address = QueueAddress.Parse(text);

        Assert.Equal(shown, address.Text);
        Assert.Equal(
            (user, password),
            (address.Options.AuthOpts.Username, address.Options.AuthOpts.Password)
        );
    }
}
