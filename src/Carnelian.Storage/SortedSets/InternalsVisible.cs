using System.Runtime.CompilerServices;

// The tests check the invariants of the tree.
[assembly: InternalsVisibleTo("Carnelian.Tests")]

// RDB files hold nodes and blocks as they lie in memory.
[assembly: InternalsVisibleTo("Carnelian.Persistence")]
