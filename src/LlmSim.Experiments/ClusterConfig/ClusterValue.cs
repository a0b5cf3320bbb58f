namespace LlmSim.Experiments.ClusterConfig;

/// <summary>What a field of a cluster file takes.</summary>
internal abstract record ClusterValue
{
    /// <summary>A whole number.</summary>
    public sealed record Whole(FigureRange Range) : ClusterValue
    {
        public override string ToString() => $"a whole number {Range}";
    }

    /// <summary>A number.</summary>
    public sealed record Number(FigureRange Range) : ClusterValue
    {
        public override string ToString() => $"a number {Range}";
    }

    /// <summary>Yes or no.</summary>
    public sealed record Flag : ClusterValue
    {
        public override string ToString() => "true, false";
    }

    /// <summary>Any text.</summary>
    public sealed record Text : ClusterValue
    {
        public override string ToString() => "a name, in quotes";
    }

    /// <summary>One of some words; read as its place among them.</summary>
    public sealed record Word(IReadOnlyList<string> Words) : ClusterValue
    {
        public override string ToString() => string.Join(", ", Words);
    }

    /// <summary>The name of an accelerator.</summary>
    public sealed record Accelerator : ClusterValue
    {
        public override string ToString() => "the name of an accelerator, in quotes";
    }

    /// <summary>The name of a model.</summary>
    public sealed record Model : ClusterValue
    {
        public override string ToString() => "the name of a model, in quotes";
    }

    /// <summary>Names of models.</summary>
    public sealed record Models : ClusterValue
    {
        public override string ToString() => "a list of two or more names of models, each once";
    }

    /// <summary>The sizes of graphs: those of an engine, none, or a list.</summary>
    public sealed record Sizes(string Own, string None, FigureRange Range) : ClusterValue
    {
        public override string ToString() =>
            $"\"{Own}\", \"{None}\" or a list of sizes in tokens such as [1, 2, 4, 8]";
    }

    /// <summary>A list of whole numbers.</summary>
    public sealed record Counts(FigureRange Range) : ClusterValue
    {
        public override string ToString() => $"a list of whole numbers {Range} such as [20, 20, 20, 19]";
    }

    /// <summary>A share, or a list of them by position.</summary>
    public sealed record Shares(int Most) : ClusterValue
    {
        public override string ToString() =>
            $"a number {FigureRanges.Share} or a list of up to {Most} such as [0.8, 0.6, 0.5]";
    }

    /// <summary>For each of some names what <see cref="Shares" /> takes.</summary>
    public sealed record SharesByName(Shares Each) : ClusterValue
    {
        public override string ToString() => $"an object {{ \"class\": … }} with, for each class, {Each}";
    }

    /// <summary>For each of some names a whole number.</summary>
    public sealed record CountsByName(string Name, FigureRange Range) : ClusterValue
    {
        public override string ToString() =>
            $"an object {{ \"{Name}\": … }} with, for each {Name}, a whole number {Range}";
    }

    /// <summary>A model that drafts.</summary>
    public sealed record Drafter : ClusterValue
    {
        public override string ToString() => "the name of a model, in quotes";
    }

    /// <summary>A number, or a word.</summary>
    public sealed record NumberOr(FigureRange Range, string Other) : ClusterValue
    {
        public override string ToString() => $"a number {Range}, or \"{Other}\"";
    }

    /// <summary>A list of objects of fields.</summary>
    public sealed record List(IReadOnlyList<ClusterField> Each) : ClusterValue
    {
        public override string ToString() => "a list of objects [{ … }]";
    }

    /// <summary>An object of fields.</summary>
    public sealed record Fields(string Unit, IReadOnlyList<ClusterField> All) : ClusterValue
    {
        public override string ToString() => $"an object {{ … }}{Unit}";
    }
}
