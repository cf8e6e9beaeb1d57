using Carnelian.Server.Hosting;

namespace Carnelian.Tests.Hosting;

public sealed class CoreListTests
{
    [Theory]
    [InlineData("0", new[] { 0 })]
    [InlineData("1,3", new[] { 1, 3 })]
    [InlineData("0-3", new[] { 0, 1, 2, 3 })]
    [InlineData("0-6:2, 63-65", new[] { 0, 2, 4, 6, 63, 64, 65 })]
    public void A_list_names_its_cores(string list, int[] expected)
    {
        var bits = new ulong[16];
        Assert.True(CoreList.TryParse(list, bits));
        var cores = Enumerable.Range(0, 1024).Where(core => (bits[core / 64] >> (core % 64) & 1) != 0);
        Assert.Equal(expected, cores);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("1-")]
    [InlineData("3-1")]
    [InlineData("1-2-3")]
    [InlineData("0-3:0")]
    [InlineData("1024")]
    [InlineData("1,,2")]
    public void A_list_that_is_none_is_refused(string list) => Assert.False(CoreList.TryParse(list, new ulong[16]));
}
