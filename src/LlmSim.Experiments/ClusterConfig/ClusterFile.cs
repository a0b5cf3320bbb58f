using System.Text.Json;
using LlmSim.Experiments.Documents;
using LlmSim.Performance;

namespace LlmSim.Experiments.ClusterConfig;

/// <summary>
/// Reads a cluster file: a JSON list with one object for each instance, or for <c>count</c> identical ones.
/// </summary>
/// <remarks>
/// <c>[{ "hardware": "NVIDIA_H100_SXM", "tp_size": 4, "count": 2 }]</c>; <see cref="ClusterFields" /> has all fields. A file that names
/// its schema is an object with the list: <c>{ "$schema": "…", "instances": […] }</c>. Comments and trailing commas are allowed, unknown
/// fields are not.
/// </remarks>
internal ref partial struct ClusterFile
{
    private static readonly string[] s_rootFields = [SchemaField.Name, ClusterFields.Instances];
    private static readonly string[] s_fields = [.. ClusterFields.All.Select(field => field.Name)];

    private readonly string _name;
    private readonly ReadOnlySpan<byte> _json;
    private readonly ClusterNames _names;
    private Utf8JsonReader _reader;

    /// <summary>Up to where lines were counted for the instances so far, and how many.</summary>
    private (int Position, int Line) _counted = (0, 1);

    /// <summary>Fields that the engine of the instance has: the defaults of the others depend on its kind and accelerator.</summary>
    private HashSet<string> _givenOfEngine = [];

    private ClusterFile(ReadOnlySpan<byte> json, string name, ClusterNames names)
    {
        _json = json;
        _name = name;
        _names = names;
        _reader = new Utf8JsonReader(
            json,
            new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
        );
    }

    /// <summary>The instances that a file describes, in its order.</summary>
    /// <param name="json">The file's content.</param>
    /// <param name="name">The file's name, for messages.</param>
    /// <param name="names">Finds accelerators and models.</param>
    /// <exception cref="UserErrorException">Something in the file is wrong; the message says where and what.</exception>
    public static IReadOnlyList<ClusterEntry> Read(ReadOnlySpan<byte> json, string name, ClusterNames names)
    {
        var file = new ClusterFile(json.StartsWith("\uFEFF"u8) ? json[3..] : json, name, names);
        try
        {
            return file.ReadFile();
        }
        catch (JsonException e)
        {
            throw new UserErrorException($"{name}:{e.LineNumber + 1}: is not JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new UserErrorException($"{file.Where()}: is not UTF-8 text", e);
        }
    }

    private List<ClusterEntry> ReadFile()
    {
        if (
            !_reader.Read()
            || _reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject)
        )
        {
            throw NoList();
        }

        var instances = _reader.TokenType == JsonTokenType.StartArray ? ReadList() : ReadObject();
        // Whatever follows is an error that the JSON reader finds.
        _reader.Read();
        return instances;
    }

    private List<ClusterEntry> ReadObject()
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        List<ClusterEntry>? instances = null;
        while (ReadFieldName(fields, s_rootFields) is { } field)
        {
            if (field == SchemaField.Name)
            {
                Text(field);
            }
            else if (_reader.TokenType == JsonTokenType.StartArray)
            {
                instances = ReadList();
            }
            else
            {
                throw Error($"{field}: found {Found()}; allowed: a list of instances");
            }
        }

        return instances ?? throw NoList();
    }

    private readonly UserErrorException NoList() =>
        Error("is not a list of instances: [{ \"hardware\": \"NVIDIA_H100_SXM\", \"tp_size\": 4 }]");

    private List<ClusterEntry> ReadList()
    {
        var instances = new List<ClusterEntry>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            var (entry, instance) = ReadInstance();
            if (
                instances.Count + ((long)instance.Count * Math.Max(1, instance.Models.Count))
                > ClusterFields.MaxInstances
            )
            {
                throw Error($"has more than {ClusterFields.MaxInstances} instances");
            }

            instances.AddRange(
                Enumerable
                    .Range(0, instance.Count)
                    .SelectMany(_ => instance.Models.Count == 0 ? [entry] : OnOneMachine(entry, instance))
            );
        }

        return instances.Count > 0 ? instances : throw Error("has no instances: a stage needs at least one");
    }

    /// <summary>An instance for each model, of which one is there at a time.</summary>
    private static IEnumerable<ClusterEntry> OnOneMachine(ClusterEntry entry, ClusterInstance instance)
    {
        var machine = new ClusterMachine(instance.SwapAfterSeconds);
        return instance.Models.Select(model =>
            entry with
            {
                Machine = machine,
                Instance = entry.Instance with { Model = model.Length == 0 ? null : model },
            }
        );
    }

    private (ClusterEntry Entry, ClusterInstance Instance) ReadInstance()
    {
        if (_reader.TokenType != JsonTokenType.StartObject)
        {
            throw Error($"found {Found()} where an instance {{ … }} should be");
        }

        var start = (int)_reader.TokenStartIndex;
        var given = new HashSet<string>(StringComparer.Ordinal);
        // Without hardware and tp_size until these fields have been read.
        var instance = new ClusterInstance(
            new InstanceSpec { Hardware = null!, TpSize = 0 },
            Role: null,
            Count: 1
        );
        while (ReadFieldName(given, s_fields) is { } name)
        {
            instance = With(instance, ClusterFields.All, name);
        }

        if (Missing(ClusterFields.All, given) is { } missing)
        {
            throw new UserErrorException($"{Where(start)}: the instance has no {missing.Name}");
        }

        if (given.Contains("models") && given.Contains("model"))
        {
            throw new UserErrorException($"{Where(start)}: model: found beside models; allowed: one of them");
        }

        if (instance.Spec is { PpLayers: { } layers, PpSize: var stages } && layers.Count != stages)
        {
            throw new UserErrorException(
                $"{Where(start)}: pp_layers: found {layers.Count} numbers; allowed: one for each of the {stages} stages of pp_size"
            );
        }

        var spec = WithDefaultsOfEngine(instance.Spec, instance.Role, given);
        return (new ClusterEntry(instance.Role, spec, _name, LineOfInstance(start), given), instance);
    }

    /// <summary>A field that has to be given and is not; null when there is none.</summary>
    private static ClusterField? Missing(IReadOnlyList<ClusterField> fields, HashSet<string> given) =>
        fields.FirstOrDefault(field => field.Default is null && !given.Contains(field.Name));

    private T With<T>(T target, IReadOnlyList<ClusterField<T>> fields, string name)
    {
        var field = fields.First(field => field.Name == name);
        return field.With(target, Read(name, field.Value));
    }

    /// <summary>The next field of an object, its value about to be looked at; null at the object's end.</summary>
    private string? ReadFieldName(HashSet<string> fields, string[] allowed)
    {
        if (!_reader.Read() || _reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        var field = _reader.GetString()!;
        if (!fields.Add(field))
        {
            throw Error($"{field}: is given twice");
        }

        if (!allowed.Contains(field))
        {
            throw Error(
                $"unknown field '{field}'; allowed: {string.Join(", ", allowed)}.{Suggestion.For(field, allowed)}"
            );
        }

        _reader.Read();
        return field;
    }
}

/// <summary>What the names of a cluster file mean; an unknown one is a <see cref="UserErrorException" />.</summary>
/// <param name="Hardware">An accelerator.</param>
/// <param name="Model">The name that a model has in its description; empty for the model of the run.</param>
/// <param name="Drafter">A model that drafts for another.</param>
internal sealed record ClusterNames(
    Func<string, HardwareDescription> Hardware,
    Func<string, string> Model,
    Func<string, ModelDescription> Drafter
);
