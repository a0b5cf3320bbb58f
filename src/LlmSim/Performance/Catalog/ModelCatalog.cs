namespace LlmSim.Performance.Catalog;

/// <summary>Models by the name under which their authors publish them.</summary>
public sealed class ModelCatalog
{
    private const string Folder = "models";

    private readonly SortedDictionary<string, Lazy<ModelDescription>> _models;
    private readonly IReadOnlyDictionary<string, string> _aliases;

    private ModelCatalog(
        SortedDictionary<string, Lazy<ModelDescription>> models,
        IReadOnlyDictionary<string, string> aliases
    )
    {
        _models = models;
        _aliases = aliases;
    }

    /// <summary>The models that come with the simulator.</summary>
    public static ModelCatalog BuiltIn { get; } = ReadBuiltIn();

    /// <summary>This catalog and the models of some files, each a model's own config.json.</summary>
    /// <exception cref="UserErrorException">
    /// Two files have one name, or a name is an alias; later, when an entry is used: its file is wrong.
    /// </exception>
    internal ModelCatalog With(IEnumerable<CatalogFile> files) =>
        new(CatalogFile.Merge(_models, files.Select(NotAnAlias), Folder, ParseFile), _aliases);

    /// <summary>Ids of all models, in order.</summary>
    public IEnumerable<string> Ids => _models.Keys;

    /// <summary>All models, by id.</summary>
    public IEnumerable<ModelDescription> All => _models.Values.Select(model => model.Value);

    /// <summary>Other names that <see cref="Get" /> understands, each with the id of a model of the same shapes.</summary>
    public IReadOnlyDictionary<string, string> Aliases => _aliases;

    /// <summary>The model of that name.</summary>
    /// <param name="id">Its id or an alias, such as "Qwen/Qwen3-8B"; the part after the slash will do where only one model has it.</param>
    /// <exception cref="UserErrorException">There is none; the message names the nearest.</exception>
    public ModelDescription Get(string id)
    {
        if (Find(id) is { } model)
        {
            return model;
        }

        var names = _models.Keys.Concat(_aliases.Keys).ToList();
        var ids = names.Where(name => ShortName(name) == id).Select(Resolve).ToHashSet();
        return ids.Count switch
        {
            1 => _models[ids.Single()].Value,
            0 => throw new UserErrorException(
                $"model '{id}' is unknown.{Suggestion.For(id, id.Contains('/', StringComparison.Ordinal) ? names : names.Select(ShortName))} 'llmsim models' lists those there are."
            ),
            _ => throw new UserErrorException(
                $"model '{id}' is ambiguous: it may be {string.Join(" or ", ids)}."
            ),
        };
    }

    /// <summary>The model of that id or alias; null when there is none.</summary>
    public ModelDescription? Find(string id) => _models.GetValueOrDefault(Resolve(id))?.Value;

    private string Resolve(string name) => _aliases.GetValueOrDefault(name, name);

    private static string ShortName(string id) => id[(id.IndexOf('/', StringComparison.Ordinal) + 1)..];

    private CatalogFile NotAnAlias(CatalogFile file) =>
        _aliases.TryGetValue(file.Name, out var id)
            ? throw new UserErrorException(
                $"{file.Source}: '{file.Name}' is another name of {id} in the built-in catalog; give the file another name"
            )
            : file;

    private static ModelDescription ParseFile(CatalogFile file)
    {
        using var stream = file.Open();
        return ModelConfigParser.Parse(file.Name, stream, file.Source);
    }

    private static ModelCatalog ReadBuiltIn()
    {
        const string AliasFile = "aliases";
        var models = new SortedDictionary<string, Lazy<ModelDescription>>(StringComparer.Ordinal);
        foreach (var file in EmbeddedCatalog.Names(Folder).Where(file => file != AliasFile))
        {
            var id = EmbeddedCatalog.EntryName(file);
            models.Add(
                id,
                new(() =>
                    EmbeddedCatalog.Parse(
                        Folder,
                        file,
                        (stream, sourceName) => ModelConfigParser.Parse(id, stream, sourceName)
                    )
                )
            );
        }

        var aliases = EmbeddedCatalog.Parse(
            Folder,
            AliasFile,
            (stream, sourceName) => JsonFields.Read(stream, sourceName).Texts().ToDictionary()
        );
        return new(models, aliases);
    }
}
