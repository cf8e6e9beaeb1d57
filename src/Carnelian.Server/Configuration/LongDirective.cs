// A number kept in a 64-bit field.

namespace Carnelian.Server.Configuration;

internal class LongDirective(string name, FieldOf<long> field, long min, long max, DirectiveFlags flags) : NumberDirective(name, min, max, flags)
{
    protected override long Load(ServerConfiguration configuration) => field(configuration);

    protected override void Store(ServerConfiguration configuration, long value) => field(configuration) = value;
}
