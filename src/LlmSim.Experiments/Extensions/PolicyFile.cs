using System.Security.Cryptography;
using System.Text;
using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>A file of a user's folder: a source, which is compiled, or an assembly. Its code runs when it is added to a catalog.</summary>
internal sealed class PolicyFile
{
    private const int MaxBytes = 64 << 20;

    private static readonly UTF8Encoding s_strictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    private readonly byte[] _content = [];
    private readonly byte[] _assembly = [];

    /// <summary>Reads a file, compiles it if it is a source, and reads what it declares.</summary>
    public PolicyFile(string path, CompilationCache cache)
    {
        Path = path;
        try
        {
            _content = Read(path);
            _assembly = IsSource ? Compile(cache) : _content;
            Declared = PolicyMetadata.Read(_assembly, path);
            if (IsSource && Declared.Count == 0)
            {
                Problem = $"{path}: has no class with a [Policy] attribute";
            }
        }
        catch (UserErrorException e)
        {
            Problem = e.Message;
        }
        catch (InsufficientExecutionStackException)
        {
            Problem = $"{path}: is nested too deeply for the compiler";
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidDataException)
        {
            Problem = $"{path}: is not a .NET assembly";
        }
    }

    public string Path { get; }

    /// <summary>What is wrong with it, a line for each error; null for nothing.</summary>
    public string? Problem { get; private set; }

    /// <summary>Its policies; none when it does not compile.</summary>
    public IReadOnlyList<DeclaredPolicy> Declared { get; } = [];

    /// <summary>SHA-256 of its content.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(_content));

    private bool IsSource => HasExtension(Path, ".cs");

    public static bool IsPolicyFile(string path) => HasExtension(path, ".cs") || HasExtension(path, ".dll");

    /// <summary>Whether it has a policy of this name, or would have if it compiled.</summary>
    public bool IsAbout(string name) =>
        Declared.Any(policy => policy.Name == name)
        || (
            Declared.Count == 0
            && Encoding.UTF8.GetString(_content).Contains($"\"{name}\"", StringComparison.Ordinal)
        );

    /// <summary>A catalog that has its policies as well, or the same catalog and a <see cref="Problem" />.</summary>
    public PolicyCatalog AddTo(PolicyCatalog catalog)
    {
        try
        {
            var types = new PolicyLoadContext(Path)
                .LoadFromStream(new MemoryStream(_assembly))
                .GetTypes()
                .Where(type => type.IsDefined(typeof(PolicyAttribute), inherit: false));
            return catalog.With(types, Path);
        }
        // Whatever the user's code throws, here or in its initializers, is told as its error.
        catch (Exception e)
        {
            var reason =
                (e as System.Reflection.ReflectionTypeLoadException)?.LoaderExceptions.FirstOrDefault() ?? e;
            Problem =
                e is UserErrorException
                    ? $"{Path}: {e.Message}"
                    : $"{Path}: cannot be loaded: {(reason.InnerException ?? reason).Message}";
            return catalog;
        }
    }

    private byte[] Compile(CompilationCache cache)
    {
        var text = Text();
        // Messages have the path; the compiled file, which may be found again from elsewhere, has the file's name.
        return cache.GetOrAdd(
            System.IO.Path.GetFileName(Path),
            _content,
            () => PolicyCompiler.Compile(Path, text)
        );
    }

    private string Text()
    {
        var bytes = _content.AsSpan();
        try
        {
            return s_strictUtf8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);
        }
        catch (DecoderFallbackException e)
        {
            var line = bytes[..Math.Max(0, e.Index)].Count((byte)'\n') + 1;
            throw new UserErrorException($"{Path}:{line}: is not UTF-8 text; save it as UTF-8", e);
        }
    }

    private static byte[] Read(string path)
    {
        using var stream = InputFile.Open(path);
        using var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (stream.Read(buffer) is > 0 and var count)
        {
            content.Write(buffer, 0, count);
            if (content.Length > MaxBytes)
            {
                throw new UserErrorException($"{path}: is larger than {MaxBytes >> 20} MiB");
            }
        }

        return content.ToArray();
    }

    private static bool HasExtension(string path, string extension) =>
        System.IO.Path.GetExtension(path).Equals(extension, StringComparison.OrdinalIgnoreCase)
        && !System.IO.Path.GetFileName(path).StartsWith('.');
}
