using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using LlmSim.Workloads.Traces;

namespace LlmSim.Benchmarks;

/// <summary>A line of a trace in Mooncake's format, with as many hash ids as a long prompt has.</summary>
[MemoryDiagnoser]
public class TraceBenchmark
{
    private const int Lines = 1000;
    private byte[] _trace = [];

    [GlobalSetup]
    public void Setup()
    {
        var hashIds = string.Join(", ", Enumerable.Range(1_000_000, 24));
        var text = new StringBuilder();
        for (var i = 0; i < Lines; i++)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"{{\"timestamp\": {i * 3000}, \"input_length\": 12000, \"output_length\": 343, \"hash_ids\": [{hashIds}]}}\n"
            );
        }

        _trace = Encoding.UTF8.GetBytes(text.ToString());
    }

    [Benchmark(OperationsPerInvoke = Lines)]
    public long Read() =>
        TraceReader.Read(new MemoryStream(_trace), "trace.jsonl").Sum(request => (long)request.InputTokens);
}
