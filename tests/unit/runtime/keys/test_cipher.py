"""The cipher, and what a process has of it that meets no text."""

import subprocess
import sys

import pytest

from headrace.runtime.keys.cipher import Cipher, NotAuthentic

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
