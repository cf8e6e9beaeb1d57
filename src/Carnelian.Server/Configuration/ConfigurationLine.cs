namespace Carnelian.Server.Configuration;

/// <summary>A line of a configuration text that is neither blank nor a comment.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Text">The line without the white space around it.</param>
/// <param name="Arguments">The directive's name and arguments, without their quotes; null when the quotes are unbalanced.</param>
public readonly record struct ConfigurationLine(int Number, string Text, string[]? Arguments);
