using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace LlmSim.Experiments.Extensions;

/// <summary>A file of a user's code: a source, which is compiled, or an assembly. Nothing of it runs until its types are loaded.</summary>
internal sealed class ExtensionFile
{
    private const int MaxBytes = 64 << 20;

    private static readonly UTF8Encoding s_strictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    private readonly byte[] _content = [];

    /// <summary>Reads a file, and compiles it if it is a source.</summary>
    public ExtensionFile(string path, CompilationCache cache)
    {
        Path = path;
        try
        {
            _content = Read(path);
            Assembly = IsSource ? Compile(cache) : _content;
        }
        catch (UserErrorException e)
        {
            Problem = e.Message;
        }
        catch (InsufficientExecutionStackException)
        {
            Problem = $"{path}: is nested too deeply for the compiler";
        }
    }

    public string Path { get; }

    /// <summary>What is wrong with it, a line for each error; null for nothing.</summary>
    public string? Problem { get; }

    /// <summary>The program; empty when there is a <see cref="Problem" />.</summary>
    public byte[] Assembly { get; } = [];

    /// <summary>SHA-256 of its content.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(_content));

    public bool IsSource => HasExtension(Path, ".cs");

    public static bool IsExtension(string path) => HasExtension(path, ".cs") || HasExtension(path, ".dll");

    /// <summary>The files of some folders that can be extensions, each folder's in order of path.</summary>
    public static IEnumerable<string> PathsIn(IEnumerable<string> folders) =>
        folders.SelectMany(folder => InputFolder.Files(folder).Where(IsExtension));

    /// <summary>What its code must not name, a line for each; null for nothing.</summary>
    /// <param name="author">What messages call the code.</param>
    /// <exception cref="UserErrorException">It is no program of .NET.</exception>
    public string? Refusal(string author)
    {
        var findings = Describe(RefusedCode.Of);
        return findings.Count == 0
            ? null
            : string.Join(
                '\n',
                findings.Select(found =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{Path}{(found.Line is { } line ? $":{line}" : "")}: {author} {found.Finding}"
                    )
                )
            );
    }

    /// <summary>Whether its text has a name in quotes: so a file that does not compile may still say what it would declare.</summary>
    public bool Mentions(string name) =>
        Encoding.UTF8.GetString(_content).Contains($"\"{name}\"", StringComparison.Ordinal);

    /// <summary>Reads something of the program without running it.</summary>
    /// <exception cref="UserErrorException">It is no program of .NET.</exception>
    public IReadOnlyList<T> Describe<T>(Func<byte[], IReadOnlyList<T>> read)
    {
        try
        {
            return read(Assembly);
        }
        catch (Exception e) when (e is BadImageFormatException or InvalidDataException)
        {
            throw new UserErrorException($"{Path}: is not a .NET assembly", e);
        }
    }

    /// <summary>Loads the program's types.</summary>
    /// <exception cref="UserErrorException">It cannot be loaded.</exception>
    public Type[] LoadTypes()
    {
        try
        {
            using var call = AuthorsCall.Enter(Path, "while it was loaded");
            return new ExtensionLoadContext(Path).LoadFromStream(new MemoryStream(Assembly)).GetTypes();
        }
        // Whatever the user's code throws, here or in its initializers, is told as its error.
        catch (Exception e)
        {
            var reason = (e as ReflectionTypeLoadException)?.LoaderExceptions.FirstOrDefault() ?? e;
            throw CannotBeLoaded(reason);
        }
    }

    /// <summary>The error of a file of which nothing can be used, because something of it throws.</summary>
    public UserErrorException CannotBeLoaded(Exception exception)
    {
        var cause = exception.InnerException ?? exception;
        return new($"{Path}: cannot be loaded: {AuthorsFailure.Message(cause.GetType(), cause)}", exception);
    }

    private byte[] Compile(CompilationCache cache)
    {
        var text = Text();
        // Messages have the path; the compiled file, which may be found again from elsewhere, has the file's name.
        return cache.GetOrAdd(
            System.IO.Path.GetFileName(Path),
            _content,
            () => SourceCompiler.Compile(Path, text)
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
        InputFile.RequireFile(path);
        // A pipe would be waited for, a device may not end.
        if (!UnixFile.IsRegular(path))
        {
            throw new UserErrorException($"{path}: is a pipe or a device; allowed: a file");
        }

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
