// Writes RESP3 text: the form in which COMMAND DOCS and COMMAND INFO texts wait in the assembly's constant data.

using System.Text;

namespace Carnelian.Generators;

internal sealed class RespText
{
    private readonly StringBuilder _text = new();

    public RespText Map(int pairs) => Line($"%{pairs}");

    public RespText Set(int count) => Line($"~{count}");

    public RespText Array(int count) => Line($"*{count}");

    public RespText Integer(int value) => Line($":{value}");

    public RespText Simple(string text) => Line($"+{text}");

    public RespText Bulk(string text) => Line($"${Encoding.UTF8.GetByteCount(text)}").Line(text);

    public override string ToString() => _text.ToString();

    private RespText Line(string text)
    {
        _text.Append(text).Append("\r\n");
        return this;
    }
}
