using System.IO.Compression;
using LlmSim.Experiments;
using Xunit;

namespace LlmSim.Tests.Workloads;

public sealed class InputFileTests : IDisposable
{
    private static readonly byte[] s_content = System.Text.Encoding.UTF8.GetBytes(
        string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i * 7919 % 10007} "))
    );

    private readonly string _folder = Directory.CreateTempSubdirectory("llmsim").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Plain_gzip_and_zstd_read_the_same_whatever_the_name()
    {
        Assert.Equal(s_content, Read(Write("plain.gz", s_content)));
        Assert.Equal(s_content, Read(Write("a.txt", Gzip(s_content))));
        Assert.Equal(s_content, Read(Write("b.txt", Zstd(s_content))));
        Assert.Equal([1, 2], Read(Write("short", [1, 2])));
        Assert.Empty(Read(Write("empty", [])));
    }

    [Fact]
    public void Members_that_were_appended_are_all_read()
    {
        Assert.Equal(
            [.. s_content, .. s_content],
            Read(Write("a", [.. Gzip(s_content), .. Gzip(s_content)]))
        );
        Assert.Equal(
            [.. s_content, .. s_content],
            Read(Write("b", [.. Zstd(s_content), .. Zstd(s_content)]))
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Compressed_data_that_is_cut_off_is_an_error(bool gzip)
    {
        var compressed = gzip ? Gzip(s_content) : Zstd(s_content);
        foreach (var length in new[] { compressed.Length / 2, compressed.Length - 1, 6 })
        {
            var path = Write("cut", compressed[..length]);

            var error = Assert.Throws<UserErrorException>(() => Read(path));
            Assert.StartsWith(
                $"{path}: the compressed data is damaged or cut off",
                error.Message,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void Compressed_data_that_is_damaged_is_an_error()
    {
        foreach (var compressed in new[] { Gzip(s_content), Zstd(s_content) })
        {
            compressed.AsSpan(100, 200).Fill(0xFF);
            var path = Write("damaged", compressed);

            Assert.Throws<UserErrorException>(() => Read(path));
        }
    }

    [Fact]
    public void A_missing_file_is_named_with_its_likeliest_neighbour()
    {
        Write("trace.jsonl", s_content);
        var path = Path.Combine(_folder, "trase.jsonl");

        var error = Assert.Throws<UserErrorException>(() => InputFile.Open(path));
        Assert.Equal($"{path}: no such file. Did you mean 'trace.jsonl'?", error.Message);
    }

    [Fact]
    public void A_missing_folder_is_a_missing_file() =>
        Assert.Throws<UserErrorException>(() => InputFile.Open(Path.Combine(_folder, "no", "file")));

    [Fact]
    public void A_directory_is_told_so()
    {
        var error = Assert.Throws<UserErrorException>(() => InputFile.Open(_folder));
        Assert.Equal($"{_folder}: is a directory; allowed: a file", error.Message);
    }

    [Fact]
    public void A_file_without_permission_is_told_so()
    {
        Assert.SkipWhen(
            OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess,
            "permissions do not bind here"
        );
        var path = Write("secret", s_content);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.None);
        }

        var error = Assert.Throws<UserErrorException>(() => InputFile.Open(path));
        Assert.Equal($"{path}: no permission to read it", error.Message);
    }

    private string Write(string name, byte[] bytes)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Read(string path)
    {
        using var stream = InputFile.Open(path);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return memory.ToArray();
    }

    private static byte[] Zstd(byte[] bytes)
    {
        using var compressor = new ZstdSharp.Compressor();
        compressor.SetParameter(ZstdSharp.Unsafe.ZSTD_cParameter.ZSTD_c_checksumFlag, 1); // As the zstd command does.
        return compressor.Wrap(bytes).ToArray();
    }
}
