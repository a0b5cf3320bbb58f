using System.Text;
using System.Text.Json;

namespace LlmSim.Workloads.Traces;

/// <summary>What a field of a record is read for.</summary>
internal enum JsonSlot
{
    /// <summary>Nothing, but fields within it may be.</summary>
    None,
    Arrival,
    Input,
    Output,
    HashIds,
    Class,
    Tenant,
    Model,
    Priority,
    Deadline,
    Adapter,
    Schema,
    Thinking,
    Images,
    Videos,
    Audio,
}

/// <summary>A field that is read, or one on the way to such.</summary>
internal sealed class JsonField
{
    private readonly List<JsonField> _children = [];

    private JsonField(string path, byte[] name) => (Path, Name) = (path, name);

    /// <summary>The whole path, for errors.</summary>
    public string Path { get; }

    public JsonSlot Slot { get; private set; }

    private byte[] Name { get; }

    /// <summary>The record itself, whose fields have some names.</summary>
    public static JsonField Root(TraceFields fields)
    {
        var root = new JsonField("", []);
        root.Add(fields.Arrival, JsonSlot.Arrival);
        root.Add(fields.Input, JsonSlot.Input);
        root.Add(fields.Output, JsonSlot.Output);
        root.Add(fields.HashIds, JsonSlot.HashIds);
        root.Add(fields.Origin?.Class, JsonSlot.Class);
        root.Add(fields.Origin?.Tenant, JsonSlot.Tenant);
        root.Add(fields.Origin?.Model, JsonSlot.Model);
        root.Add(fields.Origin?.Priority, JsonSlot.Priority);
        root.Add(fields.Origin?.Deadline, JsonSlot.Deadline);
        root.Add(fields.Origin?.Adapter, JsonSlot.Adapter);
        root.Add(fields.Origin?.Schema, JsonSlot.Schema);
        root.Add(fields.Origin?.Thinking, JsonSlot.Thinking);
        root.Add(fields.Origin?.Images, JsonSlot.Images);
        root.Add(fields.Origin?.Videos, JsonSlot.Videos);
        root.Add(fields.Origin?.Audio, JsonSlot.Audio);
        return root;
    }

    /// <summary>The field of the key that a reader stands on; null when it is not read.</summary>
    public static JsonField? Find(ref readonly Utf8JsonReader json, JsonField? owner)
    {
        foreach (var child in owner?._children ?? [])
        {
            if (json.ValueTextEquals(child.Name))
            {
                return child;
            }
        }

        return null;
    }

    private void Add(string? path, JsonSlot slot)
    {
        if (path is null)
        {
            return;
        }

        var field = this;
        foreach (var name in path.Split('.'))
        {
            var bytes = Encoding.UTF8.GetBytes(name);
            var child = field._children.Find(known => known.Name.AsSpan().SequenceEqual(bytes));
            if (child is null)
            {
                child = new JsonField(path, bytes);
                field._children.Add(child);
            }

            field = child;
        }

        field.Slot = slot;
    }
}
