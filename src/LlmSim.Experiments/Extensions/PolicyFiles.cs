using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using LlmSim.Policies;

namespace LlmSim.Experiments.Extensions;

/// <summary>The policies of a user's folders: sources, which are compiled, and assemblies.</summary>
internal sealed class PolicyFiles
{
    private static readonly UTF8Encoding s_strictUtf8 = new(
        encoderShouldEmitUTF8Identifier: false,
        throwOnInvalidBytes: true
    );

    private readonly CompilationCache _cache;
    private readonly List<(string Path, byte[] Content)> _files;

    /// <summary>Reads the files of some folders, in order of path.</summary>
    /// <exception cref="UserErrorException">A file cannot be read.</exception>
    public PolicyFiles(IEnumerable<string> folders, CompilationCache cache)
    {
        _cache = cache;
        _files =
        [
            .. folders
                .SelectMany(folder =>
                    Directory.EnumerateFiles(folder).Where(IsPolicyFile).Order(StringComparer.Ordinal)
                )
                .Select(path => (path, Read(path))),
        ];
    }

    /// <summary>SHA-256 of each file.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Hashes =>
        [
            .. _files.Select(file =>
                KeyValuePair.Create(file.Path, Convert.ToHexStringLower(SHA256.HashData(file.Content)))
            ),
        ];

    /// <summary>A catalog that has the policies of these files as well.</summary>
    /// <exception cref="UserErrorException">
    /// Some do not compile (the message has the errors of all files) or are no policies.
    /// </exception>
    public PolicyCatalog AddTo(PolicyCatalog catalog)
    {
        var assemblies = new List<(string Path, byte[] Bytes)>();
        var errors = new List<string>();
        foreach (var (path, content) in _files)
        {
            try
            {
                assemblies.Add((path, IsSource(path) ? Compile(path, content) : content));
            }
            catch (UserErrorException e)
            {
                errors.Add(e.Message);
            }
        }

        if (errors.Count > 0)
        {
            throw new UserErrorException(string.Join('\n', errors));
        }

        foreach (var (path, bytes) in assemblies)
        {
            catalog = Add(catalog, path, bytes);
        }

        return catalog;
    }

    private static PolicyCatalog Add(PolicyCatalog catalog, string path, byte[] bytes)
    {
        try
        {
            var types = new PolicyLoadContext(path)
                .LoadFromStream(new MemoryStream(bytes))
                .GetTypes()
                .Where(type => type.IsDefined(typeof(PolicyAttribute), inherit: false))
                .ToArray();
            // An assembly without policies may be there because another one needs it.
            return types.Length > 0 || !IsSource(path)
                ? catalog.With(types, path)
                : throw new UserErrorException("has no class with a [Policy] attribute");
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"{path}: {e.Message}", e);
        }
        catch (BadImageFormatException e)
        {
            throw new UserErrorException($"{path}: is not a .NET assembly", e);
        }
        catch (Exception e) when (e is ReflectionTypeLoadException or TypeLoadException or IOException)
        {
            var reason = (e as ReflectionTypeLoadException)?.LoaderExceptions.FirstOrDefault() ?? e;
            throw new UserErrorException($"{path}: cannot be loaded: {reason.Message}", e);
        }
    }

    private byte[] Compile(string path, byte[] content)
    {
        var text = Text(path, content);
        // Messages have the path; the compiled file, which may be found again from elsewhere, has the file's name.
        return _cache.GetOrAdd(Path.GetFileName(path), content, () => PolicyCompiler.Compile(path, text));
    }

    private static string Text(string path, byte[] content)
    {
        var bytes = content.AsSpan();
        try
        {
            return s_strictUtf8.GetString(bytes.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes);
        }
        catch (DecoderFallbackException e)
        {
            var line = bytes[..Math.Max(0, e.Index)].Count((byte)'\n') + 1;
            throw new UserErrorException($"{path}:{line}: is not UTF-8 text; save it as UTF-8", e);
        }
    }

    private static byte[] Read(string path)
    {
        using var stream = InputFile.Open(path);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static bool IsPolicyFile(string path) => IsSource(path) || HasExtension(path, ".dll");

    private static bool IsSource(string path) => HasExtension(path, ".cs");

    private static bool HasExtension(string path, string extension) =>
        Path.GetExtension(path).Equals(extension, StringComparison.OrdinalIgnoreCase)
        && !Path.GetFileName(path).StartsWith('.');
}
