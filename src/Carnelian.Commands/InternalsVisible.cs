using System.Runtime.CompilerServices;

// The tests compare what works on many bits or registers at once with plain loops.
[assembly: InternalsVisibleTo("Carnelian.Tests")]
