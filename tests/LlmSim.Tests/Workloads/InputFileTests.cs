using System.IO.Compression;
using LlmSim.Experiments;
using LlmSim.Kernel;
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

    [Theory]
    [InlineData("t")]
    [InlineData("trailing junk")]
    [InlineData("\u001f")]
    [InlineData("\u001f\u008b")]
    [InlineData("\0\0\0\0")]
    public void What_follows_compressed_data_is_an_error(string junk)
    {
        foreach (var compressed in new[] { Gzip(s_content), Zstd(s_content) })
        {
            var path = Write("junk", [.. compressed, .. System.Text.Encoding.Latin1.GetBytes(junk)]);

            var error = Assert.Throws<UserErrorException>(() => Read(path));
            Assert.StartsWith(
                $"{path}: the compressed data is damaged or cut off",
                error.Message,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void A_gzip_header_with_a_name_is_read_over()
    {
        var plain = Gzip(s_content);
        byte[] withName =
        [
            .. plain[..3],
            8 | 16 | 4 | 2,
            .. plain[4..10],
            3,
            0,
            1,
            2,
            3,
            .. "a.txt\0b\0"u8,
            9,
            9,
            .. plain[10..],
        ];
        Assert.Equal(s_content, Read(Write("named", withName)));
    }

    [Fact]
    public void Every_flipped_bit_of_compressed_data_is_an_error_or_changes_nothing()
    {
        var random = new RandomStream(1, "flips");
        foreach (var compressed in new[] { Gzip(s_content[..5000]), Zstd(s_content[..5000]) })
        {
            for (var i = 0; i < 500; i++)
            {
                var flipped = compressed.ToArray();
                flipped[random.Next(4, flipped.Length)] ^= (byte)(1 << random.Next(8));
                var path = Write("flipped", flipped);
                try
                {
                    Assert.Equal(s_content[..5000], Read(path));
                }
                catch (UserErrorException error)
                {
                    Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void A_bomb_is_an_error_before_it_bursts()
    {
        var zeros = new byte[(16 << 20) + (1 << 20)];
        zeros.AsSpan().Fill((byte)' ');
        foreach (var compressed in new[] { Gzip(zeros), Zstd(zeros) })
        {
            var path = Write("bomb", compressed);
            var isBomb = zeros.Length / compressed.Length >= 500;
            Assert.True(isBomb || compressed[0] == 0x1F);
            if (isBomb)
            {
                var error = Assert.Throws<UserErrorException>(() => Read(path));
                Assert.Equal(
                    $"{path}: a byte of it becomes more than 500 bytes when it is decompressed; allowed: fewer "
                        + "(LLMSIM_INPUT_LIMITS=2 in the environment doubles this limit), or the file decompressed",
                    error.Message
                );
            }
        }
    }

    [Fact]
    public void A_document_has_a_limit_and_a_trace_has_none()
    {
        var path = Write("long", new byte[(32 << 20) + 1]);

        var error = Assert.Throws<UserErrorException>(() => Read(path));
        Assert.Equal(
            $"{path}: has more than 32 MiB; allowed: less (LLMSIM_INPUT_LIMITS=2 in the environment doubles this limit)",
            error.Message
        );
        using var rows = InputFile.OpenRows(path);
        Assert.Equal((32 << 20) + 1, Length(rows));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("17")]
    [InlineData("1.5")]
    [InlineData("-1")]
    [InlineData("much")]
    public void The_factor_of_the_limits_has_a_range(string value)
    {
        var error = Assert.Throws<UserErrorException>(() => InputLimits.Of(value));
        Assert.Equal(
            $"LLMSIM_INPUT_LIMITS: found '{value}'; allowed: a whole number from 1 to 16, by which the limits on files are multiplied",
            error.Message
        );
    }

    [Fact]
    public void Limits_are_multiplied()
    {
        Assert.Equal(InputLimits.Of(null), InputLimits.Of(""));
        Assert.Equal(16 << 20, InputLimits.Of("1").RecordBytes);
        Assert.Equal(256 << 20, InputLimits.Of("16").RecordBytes);
        Assert.Equal(Array.MaxLength, InputLimits.Of("16").ReportBytes);
        Assert.Equal("", InputLimits.Of("16").Hint);
    }

    [Fact]
    public async Task A_pipe_is_read_and_one_that_stays_silent_is_an_error()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no named pipes here");
        var path = Path.Combine(_folder, "pipe");
        using (var made = System.Diagnostics.Process.Start("mkfifo", path))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var writing = Task.Run(() => File.WriteAllBytes(path, Gzip(s_content)));
        Assert.Equal(s_content, Read(path));
        await writing;

        var error = Assert.Throws<UserErrorException>(() =>
            new PipeStream(path, TimeSpan.FromMilliseconds(20), " (x)")
        );
        Assert.Equal(
            $"{path}: nobody has opened this pipe to write for 0.02 s; allowed: a file, or a pipe that is written to (x)",
            error.Message
        );

        // Whoever waits to read meets this writer, and is no longer in the way.
        using var writer = new FileStream(path, FileMode.Open, FileAccess.Write);
        using var silent = new PipeStream(path, TimeSpan.FromSeconds(10), "");
        writer.Write("ab"u8);
        writer.Flush();
        var two = new byte[2];
        silent.ReadExactly(two);
        Assert.Equal("ab"u8.ToArray(), two);
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

    private static long Length(Stream stream)
    {
        var (length, part) = (0L, new byte[1 << 16]);
        for (int read; (read = stream.Read(part)) > 0; )
        {
            length += read;
        }

        return length;
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
