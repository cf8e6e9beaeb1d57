// A key among the arguments of a request.

namespace Carnelian.Commands.Table;

/// <summary>A key among the arguments of a request.</summary>
/// <param name="Index">Position of the argument; 0 is the command's name.</param>
/// <param name="Flags">How the command uses the key.</param>
public readonly record struct KeyReference(int Index, KeyFlags Flags);
