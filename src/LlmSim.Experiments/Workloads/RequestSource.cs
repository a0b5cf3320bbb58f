namespace LlmSim.Experiments.Workloads;

/// <summary>Where requests come from: the values of <c>request_source</c>, in lower case.</summary>
public enum RequestSource
{
    /// <summary>A trace in Mooncake's format.</summary>
    Mooncake,

    /// <summary>A trace in Azure's format.</summary>
    Azure,

    /// <summary>Prompt lengths by Zipf's law.</summary>
    Zipfian,

    /// <summary>Lognormal prompt lengths.</summary>
    Lognormal,

    /// <summary>Lengths as in an hour of a real conversation service.</summary>
    Conversation,

    /// <summary>Fixed lengths, or lengths uniform between a share of them and them.</summary>
    Uniform,
}
