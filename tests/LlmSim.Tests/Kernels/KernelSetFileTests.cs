using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using LlmSim.Performance.Kernels;
using Xunit;

namespace LlmSim.Tests.Kernels;

/// <summary>Headers that somebody else has written.</summary>
public sealed class KernelSetFileTests
{
    private const string Gemm = """{"Name":"gemm/bfloat16","Axes":[[1,2],[64],[64]],"ExpertShapes":null}""";

    [Fact]
    public void A_whole_file_is_read()
    {
        var kernels = Read(Header(Gemm));

        Assert.Equal(
            1,
            kernels.GemmSeconds(KernelFormat.Bf16, 1, 64, 64)
                / kernels.Roofs.GemmSeconds(KernelFormat.Bf16, 1, 64, 64),
            1e-9
        );
    }

    [Theory]
    [InlineData("""{"Name":"gemm/bf17","Axes":[[1],[1],[1]],"ExpertShapes":null}""")]
    [InlineData("""{"Name":"prompt_attention/wide/16","Axes":[[1],[1],[1]],"ExpertShapes":null}""")]
    [InlineData("""{"Name":"gemm/bfloat16","Axes":[[1],[1]],"ExpertShapes":null}""")]
    [InlineData("""{"Name":"gemm/bfloat16","Axes":[[2,1],[1],[1]],"ExpertShapes":null}""")]
    [InlineData("""{"Name":"gemm/bfloat16","Axes":[[0],[1],[1]],"ExpertShapes":null}""")]
    [InlineData("""{"Name":"gemm/bfloat16","Axes":[[],[1],[1]],"ExpertShapes":null}""")]
    [InlineData("""{"Name":"gemm/bfloat16","Axes":[null,[1],[1]],"ExpertShapes":null}""")]
    [InlineData("""{"Name":"experts/bfloat16","Axes":[[1],[1]],"ExpertShapes":null}""")]
    [InlineData("""{"Name":"experts/bfloat16","Axes":[[1],[1]],"ExpertShapes":[]}""")]
    [InlineData("null")]
    [InlineData("""{"Name":"gemm/bfloat16","ExpertShapes":null}""")]
    public void A_grid_that_no_lookup_understands_is_refused(string grid) => Refused(Header(grid));

    [Fact]
    public void A_grid_is_no_larger_than_any_that_was_measured()
    {
        var axis = $"[{string.Join(',', Enumerable.Range(1, 1000))}]";

        Refused(
            Header($$"""{"Name":"gemm/bfloat16","Axes":[{{axis}},{{axis}},{{axis}}],"ExpertShapes":null}""")
        );
    }

    [Theory]
    [InlineData("\"Ops16PerSecond\":1e15", "\"Ops16PerSecond\":0")]
    [InlineData("\"Ops16PerSecond\":1e15", "\"Ops16PerSecond\":-1")]
    [InlineData("\"Source\":{", "\"Other\":{")]
    [InlineData("llmsim kernels 1", "llmsim kernels 9")]
    public void A_header_without_what_it_needs_is_refused(string found, string replacement) =>
        Refused(Header(Gemm).Replace(found, replacement, StringComparison.Ordinal));

    private static void Refused(string header)
    {
        var error = Assert.Throws<UserErrorException>(() => Read(header));
        Assert.StartsWith("a.kernels: not a whole file of kernels", error.Message, StringComparison.Ordinal);
    }

    private static string Header(string grid) =>
        $$"""
            {"Format":"llmsim kernels 1","Source":{"Hardware":"NVIDIA_H100_SXM","Engine":"vllm","Version":"1","Origin":"a test","TransferredFrom":null},
             "Roofs":{"Ops16PerSecond":1e15,"Ops8PerSecond":2e15,"Ops4PerSecond":2e15,"MemoryBytesPerSecond":3e12},"Grids":[{{grid}}]}
            """;

    /// <summary>A header and as many ratios of 1 as the largest grid of a test has.</summary>
    private static KernelSet Read(string header)
    {
        using var file = new MemoryStream();
        using (var compressed = new BrotliStream(file, CompressionLevel.Fastest, leaveOpen: true))
        {
            var json = Encoding.UTF8.GetBytes(header);
            var length = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(length, json.Length);
            compressed.Write(length);
            compressed.Write(json);
            compressed.Write(new byte[64]);
        }

        file.Position = 0;
        return KernelSetFile.Read(file, "a.kernels");
    }
}
