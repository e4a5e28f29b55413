using System;

namespace OnionSip.Crypto;

/// <summary>libsodium cannot be loaded; the message says what to install. (CRYPTO.LIBSODIUM)</summary>
public sealed class SodiumMissingException(string message) : Exception(message);
