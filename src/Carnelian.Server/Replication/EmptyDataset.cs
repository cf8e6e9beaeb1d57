using System.Text;
using Carnelian.Persistence;

namespace Carnelian.Server.Replication;

internal static class EmptyDataset
{
    public static byte[] Create()
    {
        byte[] head = [.. Encoding.ASCII.GetBytes("REDIS0011"), 0xff];
        ulong crc = Crc64.Append(0, head);
        return [.. head, .. BitConverter.GetBytes(crc)];
    }
}
