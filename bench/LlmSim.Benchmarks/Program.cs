using BenchmarkDotNet.Running;

// dotnet run --project bench/LlmSim.Benchmarks -c Release -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
