// netstandard2.0 lacks the type that the compiler wants for init accessors, which records have.

namespace System.Runtime.CompilerServices;

internal static class IsExternalInit;
