// Leaves a notation parser at the first mistake; caught where the attribute is read and turned into a diagnostic.

using System;

namespace Carnelian.Generators;

internal sealed class NotationException(string message) : Exception(message);
