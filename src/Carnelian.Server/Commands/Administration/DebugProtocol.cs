using System.Text;
using Carnelian.Commands;
using Carnelian.Protocol;

namespace Carnelian.Server.Commands.Administration;

/// <summary>DEBUG PROTOCOL: a value of each type of RESP.</summary>
internal static class DebugProtocol
{
    private const int Elements = 3;

    /// <summary>Writes the value of the type that the third argument names.</summary>
    public static void Write(scoped ref CommandContext ctx)
    {
        ReplyWriter reply = ctx.Reply;
        switch (Encoding.Latin1.GetString(ctx.Arg(2)).ToLowerInvariant())
        {
            case "string":
                reply.Bulk("Hello World"u8);
                break;
            case "integer":
                reply.Integer(12345);
                break;
            case "double":
                reply.Double(3.141);
                break;
            case "null":
                reply.Null();
                break;
            case "array":
                reply.Array(Elements);
                for (int i = 0; i < Elements; i++)
                    reply.Integer(i);
                break;
            case "set":
                reply.Set(Elements);
                for (int i = 0; i < Elements; i++)
                    reply.Integer(i);
                break;
            case "map":
                reply.Map(Elements);
                for (int i = 0; i < Elements; i++)
                {
                    reply.Integer(i);
                    reply.Boolean(i == 1);
                }
                break;
            case "attrib":
                WriteAttribute(reply);
                break;
            case "push":
                WritePush(reply);
                break;
            case "bignum":
                reply.BigNumber("1234567999999999999999999999999999999"u8);
                break;
            case "verbatim":
                reply.Verbatim("This is a verbatim\nstring"u8, "txt"u8);
                break;
            case "true":
                reply.Boolean(true);
                break;
            case "false":
                reply.Boolean(false);
                break;
            default:
                reply.Error("ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false"u8);
                break;
        }
    }

    private static void WriteAttribute(ReplyWriter reply)
    {
        if (reply.Resp >= 3)
        {
            reply.Attribute(1);
            reply.Bulk("key-popularity"u8);
            reply.Array(2);
            reply.Bulk("key:123"u8);
            reply.Integer(90);
        }
        reply.Bulk("Some real reply following the attribute"u8);
    }

    private static void WritePush(ReplyWriter reply)
    {
        if (reply.Resp < 3)
        {
            reply.Error("ERR RESP2 is not supported by this command"u8);
            return;
        }
        // A push may come between a command and its reply.
        reply.Bulk("Some real reply following the push reply"u8);
        reply.Push(2);
        reply.Bulk("server-cpu-usage"u8);
        reply.Integer(42);
    }
}
