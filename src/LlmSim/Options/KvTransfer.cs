namespace LlmSim.Options;

/// <summary>How KV caches travel from prefill to decode.</summary>
public enum KvTransfer
{
    /// <summary>Each at 1e9 bytes/s, however many there are.</summary>
    Independent,

    /// <summary>Over the link of the prefill instance, shared by all that leaves it at a time, fetched prefixes included.</summary>
    SharedLink,

    /// <summary>Over the links of both instances, shared max-min fairly, into blocks that are reserved before.</summary>
    ContendedLinks,

    /// <summary>As ContendedLinks, and each layer of each part of a prompt leaves as soon as it is computed.</summary>
    ContendedLinksPerLayer,

    /// <summary>As ContendedLinks, and each part of a prompt leaves as soon as it is computed.</summary>
    ContendedLinksPerChunk,

    /// <summary>
    /// As ContendedLinks, but the decode instance fetches it: between two of its iterations, when it has a place in its batch and blocks, and without the
    /// blocks that its own cache has.
    /// </summary>
    ContendedLinksPull,
}
