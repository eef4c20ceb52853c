#!/usr/bin/python3
"""The vectors, read by a second implementation that was written from doc/ and shares nothing with lib/: if it can open
them, the documents say what the code does.  Standard library and python3-cryptography; no libsodium."""
import base64
import hashlib
import os
import struct
import sys
import traceback

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
    from cryptography.hazmat.primitives.poly1305 import Poly1305
except ImportError:
    print('1..0 # SKIP python3-cryptography is not installed')
    sys.exit(0)

ROOT = os.environ.get('HF_ROOT') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = ROOT + '/tests/vectors/'
MASK = 0xffffffff
SIGMA = struct.unpack('<4I', b'expand 32-byte k')


# --- primitives -------------------------------------------------------------------------------------------------

def blake(data, key=b'', n=32):
    return hashlib.blake2b(data, key=key, digest_size=n).digest()


def sha(data):
    return hashlib.sha256(data).digest()


def rotl(x, n):
    return (x << n | x >> (32 - n)) & MASK


def salsa_rounds(x):
    quarters = ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11),
                (0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14))
    for _ in range(10):
        for a, b, c, d in quarters:
            x[b] ^= rotl((x[a] + x[d]) & MASK, 7)
            x[c] ^= rotl((x[b] + x[a]) & MASK, 9)
            x[d] ^= rotl((x[c] + x[b]) & MASK, 13)
            x[a] ^= rotl((x[d] + x[c]) & MASK, 18)
    return x


def salsa_state(key, block):
    k, n = struct.unpack('<8I', key), struct.unpack('<4I', block)
    return [SIGMA[0], *k[:4], SIGMA[1], *n, SIGMA[2], *k[4:], SIGMA[3]]


def hsalsa(key, block):
    x = salsa_rounds(salsa_state(key, block))
    return struct.pack('<8I', x[0], x[5], x[10], x[15], *x[6:10])


def xsalsa(key, nonce, n):
    key, out, i = hsalsa(key, nonce[:16]), b'', 0
    while len(out) < n:
        start = salsa_state(key, nonce[16:] + struct.pack('<Q', i))
        out += struct.pack('<16I', *((a + b) & MASK for a, b in zip(start, salsa_rounds(list(start)))))
        i += 1
    return out[:n]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def secretbox_open(box, nonce, key):
    stream = xsalsa(key, nonce, 32 + len(box) - 16)
    Poly1305.verify_tag(stream[:32], box[16:], box[:16])
    return xor(box[16:], stream[32:])


def box_seal_open(box, pk, sk):
    shared = X25519PrivateKey.from_private_bytes(sk).exchange(X25519PublicKey.from_public_bytes(box[:32]))
    return secretbox_open(box[32:], blake(box[:32] + pk, n=24), hsalsa(shared, bytes(16)))


def hchacha(key, block):
    x = [*SIGMA, *struct.unpack('<8I', key), *struct.unpack('<4I', block)]
    quarters = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
    for _ in range(10):
        for a, b, c, d in quarters:
            for p, q, r, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[p] = (x[p] + x[q]) & MASK
                x[r] = rotl(x[r] ^ x[p], n)
    return struct.pack('<8I', *x[:4], *x[12:])


def chacha(key, nonce, counter, data):
    return Cipher(algorithms.ChaCha20(key, struct.pack('<I', counter) + nonce), None).encryptor().update(data)


class Secretstream:
    """crypto_secretstream_xchacha20poly1305, the reading half, without rekeying."""

    def __init__(self, header, key):
        self.key, self.counter, self.inonce = hchacha(key, header[:16]), 1, header[16:]

    def pull(self, sealed, ad):
        nonce = struct.pack('<I', self.counter) + self.inonce
        body, mac = sealed[1:-16], sealed[-16:]
        block = chacha(self.key, nonce, 1, sealed[:1] + bytes(63))
        tag, block = block[0], sealed[:1] + block[1:]
        text = (ad + bytes(-len(ad) % 16) + block + body + bytes(len(body) % 16)
                + struct.pack('<QQ', len(ad), 64 + len(body)))
        Poly1305.verify_tag(chacha(self.key, nonce, 0, bytes(32)), text, mac)
        self.inonce, self.counter = xor(self.inonce, mac), self.counter + 1
        return chacha(self.key, nonce, 2, body), tag


def verify(pk, signature, text):
    Ed25519PublicKey.from_public_bytes(pk).verify(signature, text)


# --- vectors ----------------------------------------------------------------------------------------------------

class Vector:
    def __init__(self, name):
        self.lines = []
        with open(FOLDER + name, encoding='utf-8') as f:
            for line in f:
                key, value = line.rstrip('\n').split(' = ', 1)
                self.lines.append((key, value))

    def all(self, key):
        return [v for k, v in self.lines if k == key]

    def text(self, key):
        return self.all(key)[0]

    def number(self, key):
        return int(self.text(key))

    def bytes(self, key):
        return bytes.fromhex(self.text(key))


class Cursor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        assert self.at + n <= len(self.data), 'cut short'
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), 'big')

    def end(self):
        assert self.at == len(self.data), 'bytes left over'


def eq(got, want, what):
    assert got == want, '%s: %r is not %r' % (what, got, want)


def check_envelope(data, v):
    """doc/sealed-format.md, Envelope."""
    c, got, last = Cursor(data), {}, 0
    while c.at < len(data):
        tag = c.number(1)
        assert tag > last, 'tags ascend'
        got[tag], last = c.take(c.number(2)), tag
    number = {t: int.from_bytes(b, 'big') for t, b in got.items()}
    eq(got[1], b'\1', 'version')
    eq(got[2].hex(), v.text('job'), 'job id')
    for tag, key in ((3, 'owner'), (4, 'title'), (5, 'format'), (8, 'queue'), (14, 'host'), (16, 'job_uuid')):
        eq(got[tag].decode(), v.text(key), key)
    eq(got.get(12, b'').decode(), v.text('media'), 'media')
    for tag, width, key in ((6, 8, 'submitted'), (7, 8, 'expires'), (9, 2, 'copies'), (15, 4, 'cups_job'),
                            (17, 8, 'created'), (18, 2, 'document')):
        eq((len(got[tag]), number[tag]), (width, v.number(key)), key)
    eq((number.get(10, 0), number.get(11, 0)), (v.number('sides'), v.number('color')), 'sides and colour')
    options, o = [], Cursor(got.get(13, b''))
    while o.at < len(o.data):
        options.append(tuple(o.take(o.number(1)).decode() for _ in range(2)))
    eq(options, list(zip(v.all('option'), v.all('value'))), 'options')
    eq(set(got) - set(range(1, 19)), set(), 'tags')
    intake = blake(got[14] + b'\0' + got[15] + got[16] + b'\0' + got[17] + got[18])
    eq(intake, v.bytes('intake_key'), 'intake key')
    return intake


def check_sealed(stem):
    """doc/sealed-format.md, from the first byte to the last."""
    v = Vector(stem + '.txt')
    with open(FOLDER + stem + '.sealed', 'rb') as f:
        data = f.read()
    c = Cursor(data)
    eq(c.take(8), b'HFSEAL1\n', 'magic')
    pk, host_pk = v.bytes('release_pk'), v.bytes('host_pk')
    eq(c.take(8), blake(pk)[:8], 'key id')
    eq(c.take(8), blake(host_pk)[:8], 'host id')
    box = box_seal_open(c.take(c.number(4)), pk, v.bytes('release_sk'))
    eq(box[32:], v.bytes('envelope'), 'envelope')
    intake = check_envelope(box[32:], v)
    header = sha(data[:c.at])
    stream, plain, i, tag = Secretstream(c.take(24), box[:32]), b'', 0, 0
    while c.at < len(data) - 140:
        eq(tag, 0, 'tag of a chunk before the last')
        chunk, tag = stream.pull(c.take(min(65536 + 17, len(data) - 140 - c.at)), header + i.to_bytes(8, 'big'))
        plain, i = plain + chunk, i + 1
    eq(tag, 3, 'tag of the last chunk')
    eq(plain, bytes((n * 7 + n // 251) % 256 for n in range(v.number('plain_length'))), 'plaintext')
    whole = data[:c.at]
    eq(c.take(4), b'HFT1', 'magic of the trailer')
    signed = c.take(8 + 32 + 32)
    eq(signed[:40], len(whole).to_bytes(8, 'big') + sha(whole), 'length and digest')
    verify(host_pk, c.take(64), b'holdfast sealed document v1\0' + signed)
    c.end()
    dup = blake(intake + len(plain).to_bytes(8, 'big') + sha(plain[:65536]) + sha(plain[-65536:]),
                key=v.bytes('host_secret'))
    eq(signed[40:], dup, 'duplicate tag')
    eq(Ed25519PrivateKey.from_private_bytes(v.bytes('host_seed')).public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw), host_pk, 'host key')


def check_tap(name):
    """doc/tap-format.md."""
    v = Vector(name)
    data = v.bytes('tap')
    c = Cursor(data)
    eq(c.take(8), b'HFTAP01\n', 'magic')
    reader, printer, nonce = c.take(16), c.take(16), c.take(32)
    eq((reader, printer, nonce), (v.bytes('reader'), v.bytes('printer'), v.bytes('nonce')), 'ids and nonce')
    eq(c.number(8), v.number('time_ms'), 'time')
    eq(c.take(8), blake(v.bytes('tap_pk'))[:8], 'tap key id')
    inside = Cursor(box_seal_open(c.take(c.number(2)), v.bytes('tap_pk'), v.bytes('tap_sk')))
    verify(v.bytes('reader_pk'), c.take(64), b'holdfast tap v1\0' + data[:-64])
    c.end()
    eq(inside.take(2), bytes([1, v.number('kind')]), 'version and kind')
    eq((inside.take(16), inside.take(32)), (reader, nonce), 'the same inside')
    bits = inside.number(2)
    raw = inside.take((bits + 7) // 8)
    eq((bits, raw), (v.number('bits'), v.bytes('raw')), 'number')
    eq(inside.take(inside.number(1)).decode(), v.text('pin'), 'PIN')
    eq(inside.take(inside.number(2)), v.bytes('proof'), 'proof')
    inside.end()
    badge = blake(bytes([v.number('kind')]) + bits.to_bytes(2, 'big') + raw, key=v.bytes('pepper'))
    eq(badge, v.bytes('badge_hash'), 'badge hash')


def check_request():
    """doc/tap-format.md, Requests signed by a reader that are not taps."""
    v = Vector('tap-request.txt')
    verify(v.bytes('reader_pk'), v.bytes('signature'), b'holdfast reader v1\0' + v.bytes('reader')
           + v.number('time_ms').to_bytes(8, 'big') + v.bytes('body'))


def check_keylist(name):
    """doc/key-list.md, list and keystore."""
    v = Vector(name)
    data, c = v.bytes('keylist'), Cursor(v.bytes('keylist'))
    verify(v.bytes('site_pk'), data[-64:], b'holdfast key list v1\0' + data[:-64])
    eq(c.take(8), b'HFKEYS1\n', 'magic')
    eq((c.number(8), c.number(8)), (v.number('serial'), v.number('issued')), 'serial and issued')
    eq((c.take(8), c.take(32)), (blake(v.bytes('tap_pk'))[:8], v.bytes('tap_pk')), 'tap key')
    epochs = [(c.take(8), c.take(32), c.number(8), c.number(8)) for _ in range(c.number(2))]
    eq(c.at, len(data) - 64, 'length')
    eq([e[1].hex() for e in epochs], v.all('epoch_pk'), 'epochs')
    eq([e[0] for e in epochs], [blake(e[1])[:8] for e in epochs], 'key ids')
    eq([str(e[2]) for e in epochs], v.all('epoch_not_before'), 'not before')
    eq([str(e[3]) for e in epochs], v.all('epoch_not_after'), 'not after')
    sealed = v.bytes('keystore')
    eq(sealed[:8], b'HFSTORE1', 'magic of the keystore')
    s = Cursor(secretbox_open(sealed[32:], sealed[8:32], v.bytes('master')))
    eq((s.take(32), s.take(32), s.take(32), s.take(32), s.number(8)),
       (v.bytes('site_seed'), v.bytes('tap_sk'), v.bytes('tap_pk'), v.bytes('pepper'), v.number('serial')), 'keystore')
    inside = [(s.take(8), s.take(32), s.take(32), s.number(8), s.number(8)) for _ in range(s.number(2))]
    s.end()
    eq([e[2].hex() for e in inside], v.all('epoch_sk'), 'private keys')
    eq([(a, b, d, e) for a, b, _, d, e in inside], epochs, 'epochs in the keystore')


def check_token():
    """doc/key-list.md, Reader enrolment token."""
    v = Vector('token.txt')
    assert v.text('token').startswith('HFR1.')
    text = v.text('token')[5:]
    data = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
    eq(data, v.bytes('secret') + v.bytes('spki') + v.bytes('site_pk') + v.text('url').encode(), 'token')
    eq(blake(v.bytes('secret')), v.bytes('secret_hash'), 'hash of the secret')


def check_control():
    """The checks above can fail."""
    v = Vector('tap-request.txt')
    try:
        verify(v.bytes('reader_pk'), v.bytes('signature'), b'holdfast reader v1\0')
    except InvalidSignature:
        pass
    else:
        raise AssertionError('a wrong signature was accepted')


TESTS = [(check_sealed, (s,)) for s in ('seal-one-byte', 'seal-one-chunk', 'seal-two-chunks', 'seal-three-chunks')]
TESTS += [(check_tap, (t,)) for t in ('tap-uid.txt', 'tap-wiegand-pin.txt', 'tap-piv.txt')]
TESTS += [(check_request, ()), (check_keylist, ('keylist-one.txt',)), (check_keylist, ('keylist-many.txt',)),
          (check_token, ()), (check_control, ())]

print('1..%d' % len(TESTS))
failed = False
for i, (fn, args) in enumerate(TESTS, 1):
    name = ' '.join((fn.__doc__.splitlines()[0].rstrip('.'),) + args)
    try:
        fn(*args)
        print('ok %d - %s' % (i, name))
    except Exception:  # pylint: disable=broad-except
        failed = True
        print('not ok %d - %s' % (i, name))
        print('# ' + traceback.format_exc().replace('\n', '\n# '))
sys.exit(failed)
