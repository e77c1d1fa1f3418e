"""The cipher, and what a process has of it that meets no text."""

import subprocess
import sys

import pytest

from headrace.runtime.keys.cipher import (
    BLOCK_BYTES,
    BlockCipher,
    Cipher,
    DeterministicCipher,
    NotAuthentic,
)

STARTS = "headrace.serve.gateway.app", "headrace.actors.account_partition"


def test_it_is_aes_256_gcm():
    """Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)"."""
    cipher = Cipher(bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2))
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    bound_to = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    text = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    assert cipher.seal(nonce, text, bound_to) == sealed
    assert cipher.open(nonce, sealed, bound_to) == text
    for changed in ((nonce[:-1], sealed, bound_to), (b"", sealed, bound_to), (nonce, sealed, b"")):
        with pytest.raises(NotAuthentic):
            cipher.open(*changed)


def test_blocks_are_enciphered_by_aes_256():
    """FIPS 197, appendix C.3; several at once are each for itself."""
    blocks = BlockCipher(bytes(range(32)))
    block = bytes.fromhex("00112233445566778899aabbccddeeff")
    enciphered = bytes.fromhex("8ea2b7ca516745bfeafc49904b496089")
    assert len(block) == BLOCK_BYTES
    for many in (1, 3):
        assert blocks.encipher(block * many) == enciphered * many
        assert blocks.decipher(enciphered * many) == block * many


def test_the_same_is_sealed_the_same_by_aes_siv():
    """RFC 5297, appendix A.1."""
    half = bytes(range(0xF0, 0x100))
    cipher = DeterministicCipher(half[::-1] + half)
    bound_to = [bytes(range(0x10, 0x28))]
    text = bytes.fromhex("112233445566778899aabbccddee")
    sealed = bytes.fromhex("85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c")
    assert cipher.seal(text, bound_to) == sealed
    assert cipher.open(sealed, bound_to) == text
    for changed, where in ((sealed[:-1], bound_to), (sealed, []), (b"", bound_to)):
        with pytest.raises(NotAuthentic):
            cipher.open(changed, where)


def test_a_process_that_meets_no_text_does_not_import_it():
    """7 MB in each of a platform's processes."""
    code = (
        f"import sys, {', '.join(STARTS)}\n"
        "from headrace.runtime.keys.master_key import MasterKey\n"
        "from headrace.runtime.keys.text_sealer import TextSealer\n"
        "sealer = TextSealer(MasterKey(bytes(32)), 10, 5.0)\n"
        "sealer.learn([1], {})\n"
        "print('cryptography' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("False\n", "")
