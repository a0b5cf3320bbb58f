namespace LlmSim.Experiments.Workloads;

/// <summary>Where requests come from.</summary>
internal enum RequestSource
{
    /// <summary>A trace, in the format that is asked for or whatever format it has.</summary>
    Trace,

    /// <summary>Prompt lengths by Zipf's law.</summary>
    Zipfian,

    /// <summary>Lognormal prompt lengths.</summary>
    Lognormal,

    /// <summary>Lengths as in an hour of a real conversation service.</summary>
    Conversation,

    /// <summary>Conversations of people.</summary>
    Chat,

    /// <summary>Agents that call tools.</summary>
    Agent,

    /// <summary>Classes of requests, each with a source of its own.</summary>
    Mix,

    /// <summary>Fixed lengths, or lengths uniform between a share of them and them.</summary>
    Uniform,
}
