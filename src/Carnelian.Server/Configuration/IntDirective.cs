// A number kept in a 32-bit field.

namespace Carnelian.Server.Configuration;

internal class IntDirective(string name, FieldOf<int> field, int min, int max, DirectiveFlags flags) : NumberDirective(name, min, max, flags)
{
    protected override long Load(ServerConfiguration configuration) => field(configuration);

    protected override void Store(ServerConfiguration configuration, long value) => field(configuration) = (int)value;
}
