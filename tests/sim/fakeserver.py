#!/usr/bin/python3
"""A server for readers that checks everything and releases nothing: doc/tap-format.md, "Over HTTPS".

    fakeserver.py DIR PORT [--key NAME]

It has a site key, a tap key and a TLS key of its own, kept in DIR, so that it
is the same server after a restart (--key NAME: with another TLS key).  A
restart forgets the nonces.  DIR/token is a fresh enrolment token, DIR/up exists
once it listens, DIR/requests gets a line for each request:

    MONOTONIC-SECONDS connect | enrol NAME | nonce COUNT | key-list | health | tap KIND BITS RAWHEX RESULT

DIR/behaviour, JSON, is read at every request; all members may be missing:

    cards       {UIDHEX: {"result": …, "jobs": …, "message": …}}    else: unknown-card
    status      {PATH: HTTP status to answer instead}
    delay       {PATH: seconds before the answer}
    clock_ms    the service's clock is so much ahead
    list        "forged": signed by another site; "old": a lower serial
    serial      of the key list (10)
    printers    names, default ["p3"]
    garbage     {PATH: text of the answer}
"""
import base64
import ctypes
import datetime
import hashlib
import http.server
import json
import os
import secrets
import socket
import ssl
import struct
import sys
import threading
import time
import uuid

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

sodium = ctypes.CDLL('libsodium.so.23')
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
DER = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class Refused(Exception):
    def __init__(self, status, code, detail):
        super().__init__(detail)
        self.status, self.body = status, dict(title='no', status=status, code=code, detail=detail)


def key_id(public):
    return hashlib.blake2b(public, digest_size=32).digest()[:8]


def printer_id(name):
    return uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)


class Site:
    """Keys and readers, in DIR/site.json; nonces in memory only."""

    def __init__(self, folder, tls):
        self.folder, self.nonces, self.lock = folder, {}, threading.Lock()
        path = folder + '/site.json'
        if not os.path.exists(path):
            pk, sk = ctypes.create_string_buffer(32), ctypes.create_string_buffer(32)
            sodium.crypto_box_keypair(pk, sk)
            self.data = {'site': secrets.token_hex(32), 'tap_pk': pk.raw.hex(), 'tap_sk': sk.raw.hex(), 'tokens': {},
                         'readers': {}}
            self.save()
        with open(path) as f:
            self.data = json.load(f)
        self.site = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.data['site']))
        self.tap_pk = bytes.fromhex(self.data['tap_pk'])
        self.tap_sk = bytes.fromhex(self.data['tap_sk'])
        self.certificate, spki = self.tls_pair(tls)
        self.spki = hashlib.sha256(spki).digest()

    def save(self):
        with open(self.folder + '/site.json', 'w') as f:
            json.dump(self.data, f)

    def tls_pair(self, name):
        path = '%s/%s.pem' % (self.folder, name)
        if not os.path.exists(path):
            key = ec.generate_private_key(ec.SECP256R1())
            cn = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'holdfast test')])
            day = datetime.timedelta(days=1)
            now = datetime.datetime.utcnow()
            c = (x509.CertificateBuilder().subject_name(cn).issuer_name(cn).public_key(key.public_key())
                 .serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
                 .sign(key, hashes.SHA256()))
            with open(path, 'wb') as f:
                f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))
                f.write(c.public_bytes(serialization.Encoding.PEM))
        with open(path, 'rb') as f:
            key = serialization.load_pem_private_key(f.read(), None)
        return path, key.public_key().public_bytes(*DER)

    def token(self, port):
        secret = secrets.token_bytes(16)
        self.data['tokens'][secret.hex()] = 'reader%d' % (len(self.data['tokens']) + 1)
        self.save()
        raw = secret + self.spki + self.site.public_key().public_bytes(*RAW) + b'https://127.0.0.1:%d' % port
        return 'HFR1.' + base64.urlsafe_b64encode(raw).decode().rstrip('=')

    def behaviour(self):
        try:
            with open(self.folder + '/behaviour') as f:
                return json.load(f)
        except (FileNotFoundError, ValueError):
            return {}

    def printers(self):
        return [{'id': str(printer_id(n)), 'name': n} for n in self.behaviour().get('printers', ['p3'])]

    def key_list(self):
        how = self.behaviour()
        serial = how.get('serial', 10) - (5 if how.get('list') == 'old' else 0)
        now = int(time.time())
        epoch = secrets.token_bytes(32)
        body = (b'HFKEYS1\n' + struct.pack('>QQ', serial, now) + key_id(self.tap_pk) + self.tap_pk +
                struct.pack('>H', 1) + key_id(epoch) + epoch + struct.pack('>QQ', now - 60, now + 86400))
        site = ed25519.Ed25519PrivateKey.generate() if how.get('list') == 'forged' else self.site
        return body + site.sign(b'holdfast key list v1\0' + body)

    def enrol(self, o):
        raw = base64.urlsafe_b64decode(o['token'][5:] + '==')
        name = self.data['tokens'].get(raw[:16].hex())
        if name is None:
            raise Refused(404, 'not-found', 'this token is not known, was used or has expired')
        del self.data['tokens'][raw[:16].hex()]
        reader = str(uuid.uuid4())
        self.data['readers'][reader] = o['public_key']
        self.save()
        return 'enrol ' + name, {'reader': reader, 'name': name, 'printers': self.printers()}

    def verify(self, reader, signature, message):
        public = self.data['readers'].get(reader)
        if public is None:
            raise Refused(403, 'denied', 'this reader was revoked')
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(signature, message)
        except InvalidSignature:
            raise Refused(403, 'denied', 'the signature is not this reader\'s')

    def now_ms(self):
        return int(time.time() * 1000) + self.behaviour().get('clock_ms', 0)

    def hand_out(self, reader):
        nonce = secrets.token_bytes(32)
        self.nonces[nonce] = reader
        return nonce.hex()

    def nonce(self, o):
        message = (b'holdfast reader v1\0' + uuid.UUID(o['reader']).bytes + struct.pack('>Q', o['time']) +
                   bytes([o['count']]))
        self.verify(o['reader'], bytes.fromhex(o['signature']), message)
        count = o['count'] if abs(o['time'] - self.now_ms()) <= 600000 else 0       # 0: its clock is off
        return 'nonce %d' % count, {
            'nonces': [self.hand_out(o['reader']) for _ in range(count)], 'valid_s': 600,
            'printers': self.printers(), 'key_list_serial': self.behaviour().get('serial', 10),
            'time': self.now_ms()}

    def open_box(self, box):
        out = ctypes.create_string_buffer(len(box) - 48)
        if sodium.crypto_box_seal_open(out, box, ctypes.c_ulonglong(len(box)), self.tap_pk, self.tap_sk) != 0:
            raise Refused(400, 'tampered', 'the box does not open')
        return out.raw

    def tap(self, body):
        if body[:8] != b'HFTAP01\n' or len(body) < 90 + 64:
            raise Refused(400, 'input', 'not a tap')
        reader, printer, nonce = str(uuid.UUID(bytes=body[8:24])), uuid.UUID(bytes=body[24:40]), body[40:72]
        n, = struct.unpack('>H', body[88:90])
        if body[80:88] != key_id(self.tap_pk) or len(body) != 90 + n + 64:
            raise Refused(400, 'input', 'another tap key, or a wrong length')
        self.verify(reader, body[-64:], b'holdfast tap v1\0' + body[:-64])
        c = self.open_box(body[90:90 + n])
        bits, = struct.unpack('>H', c[50:52])
        raw = c[52:52 + (bits + 7) // 8]
        if c[0] != 1 or c[2:18] != body[8:24] or c[18:50] != nonce or c[52 + len(raw):] != b'\0\0\0':
            raise Refused(400, 'input', 'the credential is not the tap\'s')
        names = [p['name'] for p in self.printers() if p['id'] == str(printer)]
        if not names:
            raise Refused(403, 'denied', 'not bound to this printer')
        if self.nonces.pop(nonce, None) != reader:
            a = {'result': 'nonce-unknown'}
        else:
            a = dict(self.behaviour().get('cards', {}).get(raw.hex(), {'result': 'unknown-card'}))
            a['nonce'] = self.hand_out(reader)
        a.setdefault('message', '')
        a.setdefault('jobs', 0)
        a['printer'] = names[0]
        return 'tap %d %d %s %s' % (c[1], bits, raw.hex(), a['result']), a


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def setup(self):
        self.request.do_handshake()
        super().setup()
        self.server.note('connect')

    def log_message(self, *a):
        pass

    def answer(self, status, kind, body):
        head = 'HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n' % (status, 'OK', kind, len(body))
        self.wfile.write(head.encode() + body)      # in one piece: no waiting for an ACK

    def serve(self, body):
        site, how = self.server.site, self.server.site.behaviour()
        time.sleep(how.get('delay', {}).get(self.path, 0))
        status = how.get('status', {}).get(self.path)
        if status:
            self.server.note('refused %s %d' % (self.path, status))
            raise Refused(status, 'again', 'told to refuse')
        if self.path in how.get('garbage', {}):
            return 'garbage', how['garbage'][self.path].encode()
        with site.lock:
            if self.path == '/v1/key-list':
                return 'key-list', site.key_list()
            if self.path == '/v1/health':
                return 'health', {'status': 'ok', 'release': True}
            if self.path == '/v1/readers/enrol':
                return site.enrol(json.loads(body))
            if self.path == '/v1/readers/nonce':
                return site.nonce(json.loads(body))
            if self.path == '/v1/taps':
                return site.tap(body)
        raise Refused(404, 'not-found', 'no such thing')

    def do_GET(self):
        try:
            arrived = time.monotonic()
            what, a = self.serve(self.rfile.read(int(self.headers.get('Content-Length', 0))))
            self.server.note(what, arrived)
            if isinstance(a, bytes):
                self.answer(200, 'application/octet-stream', a)
            else:
                self.answer(200, 'application/json', json.dumps(a).encode())
        except Refused as r:
            self.server.note('no %s %d %s' % (self.path, r.status, r))
            self.answer(r.status, 'application/problem+json', json.dumps(r.body).encode())

    do_POST = do_GET


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, site, port):
        super().__init__(('127.0.0.1', port), Handler)
        self.site, self.requests = site, open(site.folder + '/requests', 'a')
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(site.certificate)
        self.tls.num_tickets = 0

    def note(self, what, at=None):
        self.requests.write('%.6f %s\n' % (at or time.monotonic(), what))
        self.requests.flush()

    def get_request(self):
        s, peer = self.socket.accept()
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(s, server_side=True, do_handshake_on_connect=False), peer

    def handle_error(self, request, client_address):
        pass                                        # clients come and go


def main():
    tls = 'tls'
    if '--key' in sys.argv:
        tls = sys.argv[sys.argv.index('--key') + 1]
    folder, port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    os.makedirs(folder, exist_ok=True)
    site = Site(folder, tls)
    server = Server(site, port)
    port = server.server_address[1]
    for name, text in (('token', site.token(port)), ('port', str(port)), ('up', 'yes')):
        with open(folder + '/' + name, 'w') as f:
            f.write(text + '\n')
    server.serve_forever()


if __name__ == '__main__':
    main()
