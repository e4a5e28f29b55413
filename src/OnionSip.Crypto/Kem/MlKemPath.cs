namespace OnionSip.Crypto;

/// <summary>Whose ML-KEM code runs; both give the same octets. (CRYPTO.ML-KEM-PLATFORM)</summary>
internal enum MlKemPath
{
    Own,
    Platform,
}
