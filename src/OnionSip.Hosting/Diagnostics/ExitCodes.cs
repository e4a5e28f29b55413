namespace OnionSip.Hosting.Diagnostics;

/// <summary>What the programs end with. (HOST.EXIT-CODES)</summary>
public static class ExitCodes
{
    public const int Success = 0;

    /// <summary>Anything that the others do not cover.</summary>
    public const int Failure = 1;

    /// <summary>The command line or a configuration, key or network file is wrong.</summary>
    public const int BadConfiguration = 2;

    /// <summary>A system library is missing.</summary>
    public const int MissingLibrary = 3;
}

/// <summary>Ends a program with a sentence and a code.</summary>
public sealed class ProgramException(int code, string message) : System.Exception(message)
{
    public int Code { get; } = code;
}
