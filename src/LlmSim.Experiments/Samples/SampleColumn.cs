using LlmSim.Metrics.Sampling;
using nietras.SeparatedValues;
using Parquet;
using Parquet.Schema;

namespace LlmSim.Experiments.Samples;

/// <summary>A column of the samples, as a cell of CSV and as a column of a Parquet row group.</summary>
internal abstract record SampleColumn(string Name)
{
    public abstract DataField Field { get; }

    public abstract void Set(SepWriter.Col cell, in InstanceSample sample);

    public abstract Task Write(ParquetRowGroupWriter group, DataField field, List<InstanceSample> samples);
}

/// <summary>Numbers, all of them defined.</summary>
internal sealed record NumberColumn<T>(string Name, Func<InstanceSample, T> Value) : SampleColumn(Name)
    where T : struct, ISpanFormattable
{
    public override DataField Field => new DataField<T>(Name);

    public override void Set(SepWriter.Col cell, in InstanceSample sample) => cell.Format(Value(sample));

    public override Task Write(ParquetRowGroupWriter group, DataField field, List<InstanceSample> samples) =>
        group.WriteAsync<T>(field, samples.ConvertAll(sample => Value(sample)).ToArray());
}

/// <summary>Text; null where undefined.</summary>
internal sealed record TextColumn(string Name, Func<InstanceSample, string?> Value) : SampleColumn(Name)
{
    public override DataField Field => new DataField<string>(Name);

    public override void Set(SepWriter.Col cell, in InstanceSample sample) => cell.Set(Value(sample) ?? "");

    public override Task Write(ParquetRowGroupWriter group, DataField field, List<InstanceSample> samples) =>
        group.WriteAsync(field, samples.ConvertAll(sample => Value(sample)!));
}
