namespace OnionSip.Circuits;

/// <summary>What CREATE asks for. (CIRCUIT.CREATE)</summary>
internal readonly record struct CreateRequest(CircuitFlags Flags, uint ForwardBase, uint BackwardBase);
