using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;

namespace Carnelian.Persistence;

/// <summary>The multiplication of polynomials over the field of two elements, as processors have it.</summary>
internal static class CarrylessMultiplier
{
    /// <summary>Whether this processor has it.</summary>
    public static bool IsSupported => Pclmulqdq.IsSupported || ArmAes.IsSupported;

    /// <summary>The product of the lower halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Low(Vector128<ulong> left, Vector128<ulong> right) =>
        Pclmulqdq.IsSupported ? Pclmulqdq.CarrylessMultiply(left, right, 0x00) : ArmAes.PolynomialMultiplyWideningLower(left.GetLower(), right.GetLower());

    /// <summary>The product of the upper halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> High(Vector128<ulong> left, Vector128<ulong> right) =>
        Pclmulqdq.IsSupported ? Pclmulqdq.CarrylessMultiply(left, right, 0x11) : ArmAes.PolynomialMultiplyWideningUpper(left, right);
}
