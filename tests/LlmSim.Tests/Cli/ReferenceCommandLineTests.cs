using LlmSim.Tests.Experiments;
using Xunit;

namespace LlmSim.Tests.Cli;

/// <summary>The whole command line of the reference's documentation, word for word.</summary>
public sealed class ReferenceCommandLineTests
{
    private const string CommandLine =
        "run --lambda_arrival 1.66 --prefill_global lowest_load --prefill_local shortest --decode_global round_robin "
        + "--decode_local fcfs --request_source mooncake --trace_path traces/conversation_trace.jsonl --seed 2025 "
        + "--ttft_slo 10.0 --tpot_slo 0.5 --sample_memory_usage --sample_rate 1.0 --queue_states_output queue_states.csv "
        + "--n_jobs 10 --checkpoint_path results.pkl --resume";

    [Fact]
    public void It_runs_as_it_stands_and_again()
    {
        using var folder = new TemporaryFolder();
        folder.Write(
            "traces/conversation_trace.jsonl",
            """
            {"timestamp": 0, "input_length": 6755, "output_length": 500, "hash_ids": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]}
            {"timestamp": 3000, "input_length": 7319, "output_length": 490, "hash_ids": [0, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27]}
            {"timestamp": 6000, "input_length": 900, "output_length": 20, "hash_ids": [0, 28]}

            """
        );

        var first = CliProcess.Run(folder, CommandLine.Split(' '));
        var samples = folder.Names.Single(name => name.StartsWith("memory_usage-", StringComparison.Ordinal));
        var time = File.GetLastWriteTimeUtc(folder.File(samples));
        var second = CliProcess.Run(folder, CommandLine.Split(' '));

        Assert.Equal(0, first.ExitCode);
        Assert.Equal(
            "llmsim: warning: --queue_states_output has no effect here: it is read with --sample_queue_states\n",
            first.Error
        );
        Assert.Contains(
            "traces/conversation_trace.jsonl, arrivals poisson at 1.66/s (lambda_arrival is given), seed 2025",
            first.Out,
            StringComparison.Ordinal
        );
        Assert.Contains("3 = 3 finished + 0 rejected", first.Out, StringComparison.Ordinal);
        Assert.Contains(samples, first.Out, StringComparison.Ordinal);
        Assert.Equal([samples, "results.pkl", "traces"], folder.Names);
        // The point is in the journal: it is not run again.
        Assert.Equal(first, second);
        Assert.Equal(time, File.GetLastWriteTimeUtc(folder.File(samples)));
    }
}
