using LlmSim.Performance.Kernels;
using Xunit;

namespace LlmSim.Tests.Kernels;

public sealed class ExpertTimesTests
{
    private static readonly KernelSet s_kernels = KernelCatalog.Find("NVIDIA_H100_SXM", "vllm")!;

    private static readonly ExpertShape[] s_shapes = s_kernels.ExpertGrid(KernelFormat.Bf16).Shapes;

    [Fact]
    public void A_measured_shape_takes_what_was_measured()
    {
        var (_, grid, shapes, _) = s_kernels.ExpertGrid(KernelFormat.Bf16);
        for (var i = 0; i < shapes.Length; i += 7)
        {
            var times = new ExpertTimes(s_kernels, KernelFormat.Bf16, shapes[i]);
            var measured =
                grid.Ratio([i + 1, 64], out _)
                * s_kernels.Roofs.ExpertSeconds(KernelFormat.Bf16, shapes[i], 64);
            Assert.Equal(1, times.Seconds(64) / measured, 1e-9);
        }
    }

    /// <summary>Every seventh shape is left out and predicted from the others.</summary>
    [Fact]
    public void A_shape_that_was_not_measured_is_predicted_from_those_that_were()
    {
        var (format, grid, shapes, _) = s_kernels.ExpertGrid(KernelFormat.Bf16);
        var errors = new List<double>();
        for (var left = 0; left < shapes.Length; left += 7)
        {
            var others = Without(left);
            var times = new ExpertTimes(others, format, shapes[left]);
            foreach (var tokens in (double[])[1, 8, 64, 512, 4096])
            {
                var measured =
                    grid.Ratio([left + 1, tokens], out _)
                    * s_kernels.Roofs.ExpertSeconds(format, shapes[left], tokens);
                errors.Add(Math.Abs(times.Seconds(tokens) / measured - 1));
            }
        }

        errors.Sort();
        Assert.InRange(errors[errors.Count / 2], 0, 0.09);
    }

    [Fact]
    public void No_shape_is_faster_than_its_roof()
    {
        var random = new Random(3);
        foreach (var shape in s_shapes)
        {
            var other = shape with
            {
                Hidden = random.Next(1000, 9000),
                Intermediate = random.Next(500, 9000),
            };
            var times = new ExpertTimes(s_kernels, KernelFormat.Bf16, other);
            Assert.All(
                [1.0, 30, 700, 50_000],
                tokens =>
                    Assert.InRange(
                        s_kernels.Roofs.ExpertSeconds(KernelFormat.Bf16, other, tokens),
                        0,
                        times.Seconds(tokens) * (1 + 1e-9)
                    )
            );
        }
    }

    private static KernelSet Without(int left)
    {
        var name = KernelSet.ExpertsName(KernelFormat.Bf16);
        var grid = s_kernels.Grids[name];
        var builder = new KernelGridBuilder();
        grid.ForEach(
            (shape, ratio) =>
            {
                if (shape[0] != left + 1)
                {
                    builder.Add(new(shape[0] > left ? shape[0] - 1 : shape[0], shape[1]), ratio);
                }
            }
        );
        return new(
            s_kernels.Source,
            s_kernels.Roofs,
            new(StringComparer.Ordinal) { [name] = builder.Build(rank: 2, share: 0) },
            new Dictionary<string, ExpertShape[]> { [name] = [.. s_shapes.Where((_, i) => i != left)] }
        );
    }
}
