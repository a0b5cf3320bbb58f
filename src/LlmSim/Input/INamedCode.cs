namespace LlmSim.Input;

/// <summary>What an attribute calls the class that it stands on, as "policy fcfs".</summary>
internal interface INamedCode
{
    /// <summary>The kind of the code and its name.</summary>
    string Title { get; }

    /// <summary>The title of a class; null when no attribute gives it one.</summary>
    static string? TitleOf(Type code) =>
        Attribute.GetCustomAttributes(code, inherit: false).OfType<INamedCode>().FirstOrDefault()?.Title;
}
