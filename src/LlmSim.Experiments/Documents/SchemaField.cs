namespace LlmSim.Experiments.Documents;

/// <summary>The field of a file that names its JSON Schema, for editors. Nothing of it is read.</summary>
internal static class SchemaField
{
    public const string Name = "$schema";
}
