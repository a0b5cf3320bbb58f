using System.Runtime.CompilerServices;

// Locals are assigned before they are read, as the compiler checks. Without this the runtime clears the frame of a method each
// time that it is called, a few per cent of a simulation.
[module: SkipLocalsInit]
