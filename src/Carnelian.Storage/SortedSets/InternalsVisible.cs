using System.Runtime.CompilerServices;

// The tests check the invariants of the tree.
[assembly: InternalsVisibleTo("Carnelian.Tests")]
