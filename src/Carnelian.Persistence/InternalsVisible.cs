using System.Runtime.CompilerServices;

// The tests look at the classes of a histogram one by one.
[assembly: InternalsVisibleTo("Carnelian.Tests")]
