using LlmSim.Experiments.Results;

namespace LlmSim.Distributed;

/// <summary>The file of a point, compressed for its way to the sweep.</summary>
/// <param name="Name">What it is called on the server.</param>
/// <param name="Content">What it is, from its beginning; on the disk, since it may be large.</param>
internal sealed record PackedFile(string Name, FileStream Content) : IDisposable
{
    /// <summary>Compresses a file, and deletes it.</summary>
    public static PackedFile Of(string path, string name)
    {
        var packed = new FileStream(
            path + ".packed",
            FileMode.Create,
            FileAccess.ReadWrite,
            FileShare.None,
            bufferSize: 1 << 16,
            FileOptions.DeleteOnClose
        );
        using (var file = File.OpenRead(path))
        {
            OutputCompression.Pack(file, packed);
        }

        File.Delete(path);
        packed.Position = 0;
        return new PackedFile(name, packed);
    }

    public void Dispose() => Content.Dispose();
}
