using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OnionSip.Crypto;

/// <summary>
/// Key bytes outside the collected heap: never moved, so never copied behind our back; zeroed when freed. (CRYPTO.SECRETS)
/// </summary>
/// <remarks>
/// Shape: aligned to <see cref="Alignment"/>, zero at first.
/// A method that uses the memory must keep its owner alive until it is done (<see cref="GC.KeepAlive"/>), since a finalizer frees it.
/// </remarks>
internal sealed unsafe class SecretBuffer : IDisposable
{
    internal const int Alignment = 64;

    private readonly int _bytes;
    private byte* _memory;

    internal SecretBuffer(int bytes)
    {
        _bytes = bytes;
        _memory = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        Span.Clear();
    }

    ~SecretBuffer() => Free();

    internal bool IsDisposed => _memory is null;

    internal Span<byte> Span => new(Pointer, _bytes);

    internal byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_memory is null, this);
            return _memory;
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_memory is not null)
        {
            CryptographicOperations.ZeroMemory(new Span<byte>(_memory, _bytes));
            NativeMemory.AlignedFree(_memory);
            _memory = null;
        }
    }
}
