using System.Buffers.Binary;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LlmSim.Experiments.Extensions;
using LlmSim.Performance;
using LlmSim.Policies;
using LlmSim.Workloads;

namespace LlmSim.Experiments.Sweeps;

/// <summary>Something outside the configuration that decides results, and a hash of its content.</summary>
/// <param name="Name">What it is, such as "trace data/conversation.jsonl".</param>
/// <param name="Content">SHA-256 of its content, or the build's identity.</param>
internal readonly record struct InputFingerprint(string Name, string Content)
{
    private static readonly JsonSerializerOptions s_everyPublicMember = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>
    /// The code that simulates, and the arithmetic that it runs on. Builds are deterministic, so a module's id is a hash of its code:
    /// whatever changes the semantics changes it.
    /// </summary>
    public static InputFingerprint Simulator { get; } =
        new(
            "simulator",
            $"{ProductVersion.Text}, build {Module(typeof(LlmSim.Simulator)):N}{Module(typeof(Kernel.Simulation)):N}, arithmetic {Arithmetic()}"
        );

    /// <summary>
    /// The functions that the machine's C library computes, whose last digit may differ between two machines: a hash of some of
    /// their values.
    /// </summary>
    private static string Arithmetic()
    {
        const int Values = 256;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<double> row = stackalloc double[5];
        for (var i = 1; i <= Values; i++)
        {
            var x = i * 0.37;
            row[0] = Math.Exp(x / 8);
            row[1] = Math.Log(x);
            row[2] = Math.Log10(x);
            row[3] = Math.Pow(x, 1.7 - (x / 30));
            row[4] = Math.Cbrt(x);
            hash.AppendData(MemoryMarshal.AsBytes(row));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 4));
    }

    /// <summary>All inputs of a run, as they were loaded.</summary>
    /// <param name="configuration">Names them.</param>
    /// <param name="scenario">What was loaded.</param>
    /// <param name="files">Those that points share: a trace, a profile.</param>
    public static IReadOnlyList<InputFingerprint> Of(
        RunConfiguration configuration,
        Scenario scenario,
        IEnumerable<InputFingerprint> files
    )
    {
        var fingerprints = new List<InputFingerprint>
        {
            Simulator,
            new($"model {configuration.Model}", Hash(scenario.Model)),
        };
        fingerprints.AddRange(
            scenario.OtherModels.Select(served => new InputFingerprint(
                $"model {served.Name}",
                Hash(served.Model)
            ))
        );
        fingerprints.AddRange(Accelerators(scenario));
        fingerprints.AddRange(Cluster(configuration, scenario));
        fingerprints.AddRange(
            configuration.Catalogs.Engines.Own.Select(profile => new InputFingerprint(
                $"engine profile {profile.Name}",
                Hash(profile)
            ))
        );
        fingerprints.AddRange(PoliciesOfTheUser(configuration.Catalogs, scenario.Policies));
        if (configuration.Faults is { } faults)
        {
            fingerprints.Add(
                new(
                    $"faults {faults}",
                    HashText(
                        string.Join(
                            '\n',
                            scenario.Fleet!.Faults.Select(fault =>
                                FormattableString.Invariant(
                                    $"{fault.AtSeconds:R} {fault.Kind} {fault.Stage} {fault.Instance} {fault.ForSeconds:R} {fault.Factor:R} {fault.NoticeSeconds:R}"
                                )
                            )
                        )
                    )
                )
            );
        }

        fingerprints.AddRange(files);
        return fingerprints;
    }

    /// <summary>
    /// A trace by its requests, so that it is the same compressed or not. With hash ids it is another input: one sweep may read it
    /// with them for some points and without for others.
    /// </summary>
    public static InputFingerprint OfTrace(string trace, bool hasHashIds, ReadOnlySpan<RequestSpec> requests)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> row = stackalloc byte[16];
        foreach (ref readonly var request in requests)
        {
            BinaryPrimitives.WriteInt64LittleEndian(row, request.Arrival.Nanoseconds);
            BinaryPrimitives.WriteInt32LittleEndian(row[8..], request.InputTokens);
            BinaryPrimitives.WriteInt32LittleEndian(row[12..], request.OutputTokens);
            hash.AppendData(row);
            hash.AppendData(MemoryMarshal.AsBytes(request.HashIds.AsSpan()));
            if (request.Origin is { } origin)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(origin.ToString()));
            }

            if (request.Traits is { } traits)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(traits.ToString()));
            }

            foreach (var turn in request.Conversation?.Turns ?? [])
            {
                BinaryPrimitives.WriteInt64LittleEndian(
                    row,
                    BitConverter.DoubleToInt64Bits(turn.DelaySeconds)
                );
                BinaryPrimitives.WriteInt64LittleEndian(row[8..], turn.Output.Tokens);
                hash.AppendData(row);
                hash.AppendData(MemoryMarshal.AsBytes(turn.HashIds().AsSpan()));
                hash.AppendData(MemoryMarshal.AsBytes(turn.After.ToArray().AsSpan()));
            }
        }

        var name = hasHashIds ? $"trace {trace} with its hash_ids" : $"trace {trace}";
        return new InputFingerprint(name, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>SHA-256 of a text, in hexadecimal digits.</summary>
    public static string HashText(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static IEnumerable<InputFingerprint> Accelerators(Scenario scenario) =>
        scenario
            .Instances.Select(instance => instance.Hardware)
            .Distinct()
            .Select(hardware => new InputFingerprint($"accelerator {hardware.Name}", Hash(hardware)));

    /// <summary>The files that describe the instances.</summary>
    private static IEnumerable<InputFingerprint> Cluster(RunConfiguration configuration, Scenario scenario)
    {
        if (configuration.ClusterContent is not null)
        {
            return [];
        }

        if (configuration.Cluster is { } cluster)
        {
            InstanceSpec[][] roles =
            [
                [.. scenario.PrefillInstances],
                [.. scenario.DecodeInstances],
                [.. scenario.MixedInstances],
                .. scenario.EncodeInstances.Count == 0
                    ? Array.Empty<InstanceSpec[]>()
                    :
                    [
                        [.. scenario.EncodeInstances],
                    ],
            ];
            return [new($"cluster {cluster}", Hash(roles))];
        }

        var standard = $"default of {configuration.Semantics.Preset}";
        return
        [
            new(
                $"prefill cluster {configuration.PrefillConfig ?? standard}",
                Hash(scenario.PrefillInstances)
            ),
            new($"decode cluster {configuration.DecodeConfig ?? standard}", Hash(scenario.DecodeInstances)),
        ];
    }

    private static IEnumerable<InputFingerprint> PoliciesOfTheUser(Catalogs catalogs, PolicySet policies) =>
        policies
            .All.Select(policy => policy.GetType())
            .Where(type => !ShippedPoliciesAttribute.Covers(type))
            .Distinct()
            .Select(type => (Type: type, Name: type.GetCustomAttribute<PolicyAttribute>()?.Name ?? type.Name))
            .Select(policy => new InputFingerprint(
                $"policy {policy.Name}",
                Module(policy.Type).ToString("N") + HashOfNeighbours(catalogs, policy.Name)
            ));

    /// <summary>An assembly of the user may call others of its folder; a source file calls none.</summary>
    private static string HashOfNeighbours(Catalogs catalogs, string policy)
    {
        static bool IsAssembly(string? path) =>
            path?.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) == true;
        return catalogs.Policies.All.Any(known => known.Name == policy && IsAssembly(known.Source))
            ? HashText(
                string.Concat(
                    catalogs.PolicyFileHashes.Where(file => IsAssembly(file.Key)).Select(file => file.Value)
                )
            )
            : "";
    }

    private static Guid Module(Type type) => type.Module.ModuleVersionId;

    private static string Hash<T>(T description) =>
        HashText(JsonSerializer.Serialize(description, s_everyPublicMember));
}
