using LlmSim.Experiments.Workloads;
using LlmSim.Workloads;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class WorkloadOptionsTests
{
    [Fact]
    public void The_default_is_ten_thousand_requests_of_a_conversation()
    {
        var requests = new WorkloadOptions().ToRequests().ToArray();

        Assert.Equal(10_000, requests.Length);
        Assert.Equal(
            ConversationWorkload.Generate(2025).Take(10_000).Select(request => request.InputTokens),
            requests.Select(request => request.InputTokens)
        );
    }

    [Theory]
    [InlineData(nameof(RequestSource.Zipfian))]
    [InlineData(nameof(RequestSource.Lognormal))]
    [InlineData(nameof(RequestSource.Conversation))]
    public void A_seed_gives_the_same_requests_each_time(string source)
    {
        var options = new WorkloadOptions { Source = Enum.Parse<RequestSource>(source), RequestCount = 500 };
        var requests = options.ToRequests();

        Assert.Equal(requests, requests);
        Assert.Equal(Enumerable.Range(0, 500).Select(id => (long)id), requests.Select(request => request.Id));
        Assert.NotEqual(requests, (options with { Seed = 1 }).ToRequests());
        Assert.Equal(
            requests.Select(request => request.Arrival),
            new WorkloadOptions { RequestCount = 500 }
                .ToRequests()
                .Select(request => request.Arrival)
        );
    }

    [Fact]
    public void The_reference_derives_outputs_from_prompts()
    {
        var options = new WorkloadOptions
        {
            RequestCount = 1000,
            SyntheticOutput = SyntheticOutput.FromInput,
            ZipfS = 0.5,
        };
        var zipfian = (options with { Source = RequestSource.Zipfian }).ToRequests();
        var lognormal = (options with { Source = RequestSource.Lognormal }).ToRequests();

        Assert.All(zipfian, request => Assert.Equal((int)(1.1 * request.InputTokens), request.OutputTokens));
        Assert.All(lognormal, request => Assert.Equal(1, request.OutputTokens));
    }

    [Theory]
    [InlineData(nameof(RequestSource.Zipfian))]
    [InlineData(nameof(RequestSource.Lognormal))]
    [InlineData(nameof(RequestSource.Conversation))]
    public void No_prompt_is_longer_than_max_len(string source)
    {
        var requests = new WorkloadOptions
        {
            Source = Enum.Parse<RequestSource>(source),
            RequestCount = 2000,
            MaxLen = 900,
            ZipfS = 0.5,
        }.ToRequests();

        Assert.InRange(requests.Max(request => request.InputTokens), 890, 900);
    }

    [Fact]
    public void A_mean_prompt_can_be_asked_for()
    {
        var options = new WorkloadOptions
        {
            Source = RequestSource.Lognormal,
            RequestCount = 50_000,
            InputMean = 1000,
            OutputMean = 250,
        };

        Assert.Equal(1000, options.ToRequests().Average(request => request.InputTokens), 30.0);
        Assert.Equal(250, options.ToRequests().Average(request => request.OutputTokens), 7.5);
    }

    [Fact]
    public void A_trace_gives_its_first_requests_in_either_format_and_any_compression()
    {
        var path = SharedFiles.Require("traces/azure_2023_conv.csv");
        var options = new WorkloadOptions
        {
            TracePath = path,
            RequestCount = 100,
            Arrivals = ArrivalProcess.Trace,
        };

        Assert.Equal(100, options.ToRequests().Count());
        Assert.Equal(
            options.ToRequests(),
            (options with { Trace = new() { Format = "azure" } }).ToRequests()
        );
        Assert.Equal(19_366, (options with { RequestCount = 1_000_000 }).ToRequests().Count());
        var wrong = (options with { Trace = new() { Format = "mooncake" } }).ToRequests();
        Assert.Contains(
            "azure's format",
            Assert.Throws<UserErrorException>(() => wrong.Count()).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Options_that_contradict_each_other_are_errors_at_once()
    {
        var options = new WorkloadOptions();

        AssertError(
            options with
            {
                Source = RequestSource.Trace,
            },
            "request_source: trace reads a trace; give its file with trace_path"
        );
        AssertError(
            options with
            {
                Source = RequestSource.Zipfian,
                TracePath = "x",
            },
            "trace_path: x is given, but request_source zipfian"
        );
        AssertError(
            options with
            {
                TracePath = "x",
                MaxLen = 3,
            },
            "max_len: prompts of a trace stay as they are"
        );
        AssertError(options with { TracePath = "no/such/file" }, "no/such/file: no such file");
        AssertError(
            options with
            {
                Arrivals = ArrivalProcess.Trace,
            },
            "arrivals: trace needs the timestamps of a trace"
        );
        AssertError(
            options with
            {
                RequestCount = 0,
            },
            "request_count: found 0; allowed: an integer of at least 1"
        );
        AssertError(options with { MaxLen = 0 }, "max_len: found 0; allowed: an integer from 1 to 10000000");
        AssertError(
            options with
            {
                LambdaArrival = -2,
            },
            "lambda_arrival: found -2; allowed: a number above 0, up to 1e9 requests/s"
        );
    }

    [Fact]
    public void Sources_have_names()
    {
        Assert.Equal((RequestSource.Zipfian, null), RequestSources.Parse("zipfian"));
        Assert.Equal((RequestSource.Trace, null), RequestSources.Parse("trace"));
        Assert.Equal((RequestSource.Trace, "azure"), RequestSources.Parse("azure"));
        var error = Assert.Throws<UserErrorException>(() => RequestSources.Parse("moncake"));
        Assert.StartsWith(
            "request_source: found 'moncake'; allowed: conversation, zipfian, lognormal, uniform, chat, agent, trace, mooncake, bailian, azure,",
            error.Message,
            StringComparison.Ordinal
        );
        Assert.EndsWith("Did you mean 'mooncake'?", error.Message, StringComparison.Ordinal);
    }

    private static void AssertError(WorkloadOptions options, string expected)
    {
        var error = Assert.Throws<UserErrorException>(() => options.ToRequests());
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }
}
