using System.Runtime.CompilerServices;

// The tests drive each transport by itself, which nobody else may choose.
[assembly: InternalsVisibleTo("Carnelian.Tests")]
