namespace OnionSip.Hosting.Providers;

/// <summary>Who may have signed a provider's certificate: a file, one pinned certificate, or the system's authorities. (HOST.TLS)</summary>
/// <param name="AuthorityFile">PEM with one or more authorities; they alone are then trusted.</param>
/// <param name="PinSha256">Lower-case hexadecimal SHA-256 of the provider's certificate; it alone is then trusted, for its name and
/// validity still.</param>
public sealed record TlsTrust(string? AuthorityFile = null, string? PinSha256 = null);
