using System.Runtime.CompilerServices;

// The tests look at size classes and drive the debug heap's checker without ending the process.
[assembly: InternalsVisibleTo("Carnelian.Tests")]
