namespace Carnelian.Text;

internal static unsafe class DoubleFormat
{
    public static int Write(byte* target, double value)
    {
        value.TryFormat(new Span<byte>(target, NumberFormat.MaxDoubleLength), out int written);
        return written;
    }
}
