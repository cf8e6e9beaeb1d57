// The texts that clients can ask for: COMMAND DOCS' map of a command and the end of its COMMAND INFO entry (tips and key
// specifications). Order and words of the fields are Valkey's.

namespace Carnelian.Generators;

internal static class DocumentationText
{
    /// <summary>The map of COMMAND DOCS without the subcommands, which the server appends.</summary>
    public static string Documentation(CommandModel command)
    {
        bool deprecated = command.DeprecatedSince != null;
        int docFlags = (deprecated ? 1 : 0) + (command.SystemCommand ? 1 : 0);
        var text = new RespText();
        text.Map(3 + One(command.Complexity) + One(command.Module) + (docFlags > 0 ? 1 : 0) + One(command.DeprecatedSince)
            + One(command.ReplacedBy) + (command.History.Count > 0 ? 1 : 0) + (command.Arguments.Count > 0 ? 1 : 0));
        Field(text, "summary", command.Summary);
        Field(text, "since", command.Since);
        Field(text, "group", GroupWord(command.Group));
        Field(text, "complexity", command.Complexity);
        Field(text, "module", command.Module);
        if (docFlags > 0)
        {
            text.Bulk("doc_flags").Set(docFlags);
            if (deprecated)
                text.Simple("deprecated");
            if (command.SystemCommand)
                text.Simple("syscmd");
        }

        Field(text, "deprecated_since", command.DeprecatedSince);
        Field(text, "replaced_by", command.ReplacedBy);
        if (command.History.Count > 0)
        {
            text.Bulk("history").Set(command.History.Count);
            foreach (HistoryModel change in command.History)
                text.Array(2).Bulk(change.Version).Bulk(change.Text);
        }

        Arguments(text, command.Arguments);
        return text.ToString();
    }

    /// <summary>The sets of tips and of key specifications at the end of a COMMAND INFO entry.</summary>
    public static string Details(CommandModel command)
    {
        var text = new RespText();
        text.Set(command.Tips.Count);
        foreach (string tip in command.Tips)
            text.Bulk(tip);
        text.Set(command.Keys.Count);
        foreach (KeySpecModel spec in command.Keys)
            KeySpec(text, spec);
        return text.ToString();
    }

    private static void KeySpec(RespText text, KeySpecModel spec)
    {
        text.Map(3 + One(spec.Notes));
        Field(text, "notes", spec.Notes);
        text.Bulk("flags").Set(spec.Flags.Count);
        foreach (string flag in spec.Flags)
            text.Simple(flag);

        text.Bulk("begin_search").Map(2).Bulk("type");
        switch (spec.Search)
        {
            case KeySearchModel.Index:
                text.Bulk("index").Bulk("spec").Map(1).Bulk("index").Integer(spec.Start);
                break;
            case KeySearchModel.Keyword:
                text.Bulk("keyword").Bulk("spec").Map(2).Bulk("keyword").Bulk(spec.Keyword).Bulk("startfrom").Integer(spec.Start);
                break;
            default:
                text.Bulk("unknown").Bulk("spec").Map(0);
                break;
        }

        text.Bulk("find_keys").Map(2).Bulk("type");
        switch (spec.Range)
        {
            case KeyRangeModel.Range:
                text.Bulk("range").Bulk("spec").Map(3)
                    .Bulk("lastkey").Integer(spec.Last).Bulk("keystep").Integer(spec.Step).Bulk("limit").Integer(spec.Limit);
                break;
            case KeyRangeModel.Count:
                text.Bulk("keynum").Bulk("spec").Map(3)
                    .Bulk("keynumidx").Integer(spec.CountAt).Bulk("firstkey").Integer(spec.FirstAt).Bulk("keystep").Integer(spec.Step);
                break;
            default:
                text.Bulk("unknown").Bulk("spec").Map(0);
                break;
        }
    }

    private static void Arguments(RespText text, EquatableArray<ArgumentModel> arguments)
    {
        if (arguments.Count == 0)
            return;
        text.Bulk("arguments").Array(arguments.Count);
        foreach (ArgumentModel argument in arguments)
            Argument(text, argument);
    }

    private static void Argument(RespText text, ArgumentModel argument)
    {
        int flags = (argument.Optional ? 1 : 0) + (argument.Multiple ? 1 : 0) + (argument.MultipleToken ? 1 : 0);
        text.Map(2 + One(argument.DisplayText) + (argument.KeySpec >= 0 ? 1 : 0) + One(argument.Token) + One(argument.Summary)
            + One(argument.Since) + One(argument.DeprecatedSince) + (flags > 0 ? 1 : 0) + (argument.Children.Count > 0 ? 1 : 0));
        Field(text, "name", argument.Name);
        Field(text, "type", argument.Type);
        Field(text, "display_text", argument.DisplayText);
        if (argument.KeySpec >= 0)
            text.Bulk("key_spec_index").Integer(argument.KeySpec);
        Field(text, "token", argument.Token);
        Field(text, "summary", argument.Summary);
        Field(text, "since", argument.Since);
        Field(text, "deprecated_since", argument.DeprecatedSince);
        if (flags > 0)
        {
            text.Bulk("flags").Set(flags);
            if (argument.Optional)
                text.Simple("optional");
            if (argument.Multiple)
                text.Simple("multiple");
            if (argument.MultipleToken)
                text.Simple("multiple_token");
        }

        Arguments(text, argument.Children);
    }

    private static void Field(RespText text, string name, string? value)
    {
        if (value != null)
            text.Bulk(name).Bulk(value);
    }

    private static int One(string? value) => value != null ? 1 : 0;

    private static string GroupWord(string group) => group == "SortedSet" ? "sorted-set" : group.ToLowerInvariant();
}
