using LlmSim.Batching;
using LlmSim.Clients;
using LlmSim.Instances.Encode;
using LlmSim.Performance;

namespace LlmSim;

/// <content>Encoders of pictures.</content>
internal sealed partial class ClusterBuilder
{
    private readonly Dictionary<InstanceSpec, EncoderTime> _encoders = [];

    /// <summary>The instances that only encode; null where there are none.</summary>
    public EncodeStage? EncodeStage(Action<Requests.Request> onEncoded)
    {
        if (scenario.EncodeInstances.Count == 0)
        {
            return null;
        }

        if (scenario.Fleet is not null)
        {
            throw new UserErrorException(
                "role: encode is found beside faults, failures or an autoscaler; allowed: one of them, since encode instances that fail, start or stop are not simulated"
            );
        }

        return new(
            simulation,
            onArrived =>
                [
                    .. scenario.EncodeInstances.Select(
                        (spec, index) =>
                            new EncodeInstance(index, Alone(spec), TimeOf(spec), simulation, onArrived)
                    ),
                ],
            onEncoded
        );
    }

    /// <summary>The encoder of an instance that computes prompts; null where none is needed there.</summary>
    private EncoderTime? Encoder(InstanceSpec spec)
    {
        var served = models[spec.Model].Served;
        var isElsewhere = scenario.EncodeInstances.Any(instance => instance.Model == spec.Model);
        if (!scenario.TakesImages || isElsewhere || !served.Model.Encoders.Any())
        {
            return null;
        }

        return spec.PpSize == 1
            ? TimeOf(spec)
            : throw new UserErrorException(
                $"pp_size: found {spec.PpSize} beside requests with pictures; allowed with them: 1, or encode instances, since encoders in a pipeline are not simulated"
            );
    }

    private ImageEncoding? Encoding(InstanceSpec spec, EngineSpec engine) =>
        Encoder(spec) is { } time ? new(time, engine, MostEmbeddings(models[spec.Model].Served.Model)) : null;

    /// <summary>Of the largest picture, and of whatever else is asked for.</summary>
    private int MostEmbeddings(ModelDescription model)
    {
        var images = model.Vision?.Images.MostEmbeddings ?? 0;
        var videos = scenario.TakesVideos ? model.Vision?.Videos?.MostEmbeddings ?? 0 : 0;
        var audio = scenario.TakesAudio ? model.Audio?.Recordings.MostEmbeddings ?? 0 : 0;
        return Math.Max(images, Math.Max(videos, audio));
    }

    private EncoderTime TimeOf(InstanceSpec spec)
    {
        if (!_encoders.TryGetValue(spec, out var time))
        {
            var served = models[spec.Model].Served;
            ImageTokens.RequireAny(served.Model);
            time = EncoderTime.Of(served, spec, scenario.Semantics, scenario.EncoderTimes ?? Roofline);
            _encoders.Add(spec, time);
        }

        return time;
    }

    /// <summary>What the encoder leaves of the bytes for the KV cache.</summary>
    private long BesideEncoder(InstanceSpec spec, long bytes)
    {
        if (Encoder(spec) is null)
        {
            return bytes;
        }

        var served = models[spec.Model].Served;
        var encoderBytes = EncoderTime.WeightBytes(served, spec, scenario.Semantics);
        var left =
            bytes - (long)(encoderBytes / Memory.KvCapacity.Copies(served.Model, spec, scenario.Semantics));
        return left > 0
            ? left
            : throw new UserErrorException(
                $"tp_size: the encoder of {served.Name} ({encoderBytes} bytes) does not fit beside its weights; allowed: a larger tp_size, or encode instances"
            );
    }

    private static InstanceSpec Alone(InstanceSpec spec) =>
        spec.Engine is not null
            ? throw new UserErrorException(
                "engine: found on an encode instance; allowed there: none, since nothing is batched or kept there but pictures"
            )
        : spec.PpSize > 1
            ? throw new UserErrorException(
                $"pp_size: found {spec.PpSize} on an encode instance; allowed there: 1"
            )
        : spec.CpSize is { } ranks
            ? throw new UserErrorException($"cp_size: found {ranks} on an encode instance; allowed there: 1")
        : spec;
}
