using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace OnionSip.Crypto;

/// <summary>
/// The wide-block cipher HCTR2 with AES-256: every octet of the output depends on every octet of the input. (CRYPTO.HCTR2)
/// </summary>
/// <remarks>
/// Shape:   in place, length kept; a message is 16 to 4096 octets, a tweak 0 to 64.
/// Bounds:  one object holds all state in line; no call allocates. crypto.hctr2_message_min, crypto.hctr2_message_max and
///          crypto.hctr2_tweak_max of specs/parameters.md.
/// Throws:  ArgumentException and ObjectDisposedException for caller mistakes only.
/// Secrets: round keys and hash key powers, zeroed by <see cref="Dispose"/> and overwritten by <see cref="SetKey"/>.
/// Source:  specs/crypto.md CRYPTO.HCTR2; Crowley, Huckleberry, Biggers, "Length-preserving encryption with HCTR2" (2021).
/// </remarks>
public sealed class Hctr2 : IDisposable
{
    public const int KeyBytes = 32;
    public const int MinMessageBytes = 16;
    public const int MaxMessageBytes = 4096;
    public const int MaxTweakBytes = 64;

    /// <summary>The lengths of a cell and of its slot, which have code of their own.</summary>
    public const int CellBytes = 248;
    public const int CellTweakBytes = Hctr2State.UsualTweakBytes;

    /// <summary>Octets of memory that a call reads of its object.</summary>
    public static readonly int StateBytes = Unsafe.SizeOf<Hctr2State>() + 24;

    private Hctr2State _state;
    private readonly Hctr2Path _path;
    private bool _hasKey;

    public Hctr2(ReadOnlySpan<byte> key32)
        : this(key32, BestPath)
    {
    }

    internal Hctr2(ReadOnlySpan<byte> key32, Hctr2Path path)
    {
        if (!IsSupported(path))
        {
            throw new PlatformNotSupportedException();
        }

        _path = path;
        SetKey(key32);
    }

    internal ref readonly Hctr2State State => ref _state;

    internal Hctr2Path Path => _path;

    internal bool HasKey => _hasKey;

    /// <summary>The fastest path of this machine; the runtime folds the questions away.</summary>
    internal static Hctr2Path BestPath =>
        !IsSupported(Hctr2Path.Vector128) ? Hctr2Path.Portable
        : Pclmulqdq.V512.IsSupported ? Hctr2Path.Vector512
        : IsSupported(Hctr2Path.Vector256) ? Hctr2Path.Vector256
        : Hctr2Path.Vector128;

    /// <summary>Whether a path gives answers here; the 512-bit path does wherever narrower multiplies can stand in.</summary>
    internal static bool IsSupported(Hctr2Path path) => path switch
    {
        Hctr2Path.Portable => true,
        Hctr2Path.Vector256 => AesRounds.IsSupported && Pclmulqdq.V256.IsSupported && Avx2.IsSupported,
        _ => AesRounds.IsSupported && PolyvalField.IsSupported,
    };

    /// <summary>Replaces the key; allocates nothing. (CRYPTO.HCTR2-KEY)</summary>
    public void SetKey(ReadOnlySpan<byte> key32)
    {
        if (key32.Length != KeyBytes)
        {
            throw new ArgumentException("an HCTR2 key is 32 octets", nameof(key32));
        }

        _state.SetKey(key32, _path == Hctr2Path.Portable);
        _hasKey = true;
    }

    /// <summary>Enciphers the buffer in place. (CRYPTO.HCTR2)</summary>
    public void Encrypt(ReadOnlySpan<byte> tweak, Span<byte> buffer)
    {
        if (buffer.Length == CellBytes && tweak.Length == CellTweakBytes && _hasKey && _path != Hctr2Path.Portable)
        {
            EncryptCell(MemoryMarshal.Read<ulong>(tweak), ref MemoryMarshal.GetReference(buffer));
            return;
        }

        RequireUsable(tweak.Length, buffer.Length);

        switch (_path)
        {
            case Hctr2Path.Vector512:
                Hctr2Vector<PolyvalSum512>.Encrypt(in _state, tweak, buffer);
                break;
            case Hctr2Path.Vector256:
                Hctr2Vector<PolyvalSum256>.Encrypt(in _state, tweak, buffer);
                break;
            case Hctr2Path.Vector128:
                Hctr2Vector<PolyvalSum128>.Encrypt(in _state, tweak, buffer);
                break;
            default:
                Hctr2Portable.Encrypt(in _state, tweak, buffer);
                break;
        }
    }

    /// <summary>Deciphers the buffer in place. (CRYPTO.HCTR2)</summary>
    public void Decrypt(ReadOnlySpan<byte> tweak, Span<byte> buffer)
    {
        if (buffer.Length == CellBytes && tweak.Length == CellTweakBytes && _hasKey && _path != Hctr2Path.Portable)
        {
            DecryptCell(MemoryMarshal.Read<ulong>(tweak), ref MemoryMarshal.GetReference(buffer));
            return;
        }

        RequireUsable(tweak.Length, buffer.Length);

        switch (_path)
        {
            case Hctr2Path.Vector512:
                Hctr2Vector<PolyvalSum512>.Decrypt(in _state, tweak, buffer);
                break;
            case Hctr2Path.Vector256:
                Hctr2Vector<PolyvalSum256>.Decrypt(in _state, tweak, buffer);
                break;
            case Hctr2Path.Vector128:
                Hctr2Vector<PolyvalSum128>.Decrypt(in _state, tweak, buffer);
                break;
            default:
                Hctr2Portable.Decrypt(in _state, tweak, buffer);
                break;
        }
    }

    /// <summary>Zeroes all key material; the object cannot be used again until it is given a key.</summary>
    public void Dispose()
    {
        _state.Erase();
        _hasKey = false;
    }

    // Inlined, so that a cell costs one call and not three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EncryptCell(ulong tweak, ref byte cell)
    {
        if (_path == Hctr2Path.Vector256)
        {
            Hctr2Cell<PolyvalSum256, Hctr2Enciphering>.Process(in _state, tweak, ref cell);
        }
        else if (_path == Hctr2Path.Vector512)
        {
            Hctr2Cell<PolyvalSum512, Hctr2Enciphering>.Process(in _state, tweak, ref cell);
        }
        else
        {
            Hctr2Cell<PolyvalSum128, Hctr2Enciphering>.Process(in _state, tweak, ref cell);
        }
    }

    // Inlined, so that a cell costs one call and not three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void DecryptCell(ulong tweak, ref byte cell)
    {
        if (_path == Hctr2Path.Vector256)
        {
            Hctr2Cell<PolyvalSum256, Hctr2Deciphering>.Process(in _state, tweak, ref cell);
        }
        else if (_path == Hctr2Path.Vector512)
        {
            Hctr2Cell<PolyvalSum512, Hctr2Deciphering>.Process(in _state, tweak, ref cell);
        }
        else
        {
            Hctr2Cell<PolyvalSum128, Hctr2Deciphering>.Process(in _state, tweak, ref cell);
        }
    }

    private void RequireUsable(int tweakBytes, int messageBytes)
    {
        if (!_hasKey || (uint)tweakBytes > MaxTweakBytes || messageBytes < MinMessageBytes || messageBytes > MaxMessageBytes)
        {
            ThrowUnusable(tweakBytes, messageBytes);
        }
    }

    private void ThrowUnusable(int tweakBytes, int messageBytes)
    {
        ObjectDisposedException.ThrowIf(!_hasKey, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tweakBytes, MaxTweakBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(messageBytes, MinMessageBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(messageBytes, MaxMessageBytes);
    }
}
