"""Drives hf-deliver as the queue role does, and seals documents for it.

Used by tests/integration/deliver*.t and bench/deliver.  The sealed format and
the messages are written here once more from doc/sealed-format.md and
doc/messages.md, so that both sides are checked against the text and not
against each other.
"""
import ctypes
import hashlib
import json
import os
import pwd
import select
import signal
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sodium = ctypes.CDLL('libsodium.so.23')
sodium.sodium_init()

PRINTER, PROBE, DELIVER, ADVANCED, RECOVER, STOP = 0x50, 0x51, 0x52, 0x53, 0x54, 0x55
HELLO, STATE, ADVANCE, PROGRESS, FINISH = 0x60, 0x61, 0x62, 0x63, 0x64
CLAIMED, CREATED, RELEASING, SENT = 0, 1, 2, 3
OUTCOMES = {1: 'delivered', 2: 'held', 3: 'uncertain', 4: 'damaged', 5: 'unreachable'}
STEPS = {1: 'created', 2: 'releasing', 3: 'sent'}
CHUNK = 65536


# ------------------------------------------------------- sealed documents ---

def seal(path, plain, key=None):
    """Write a sealed document of `plain` (bytes, or an int: that many made-up bytes).  Returns (file key, SHA-256)."""
    key = key or os.urandom(32)
    header = b'HFSEAL1\n' + os.urandom(16) + struct.pack('>I', 200) + os.urandom(200)
    ad = hashlib.sha256(header).digest()
    state = ctypes.create_string_buffer(64)
    hdr = ctypes.create_string_buffer(24)
    sodium.crypto_secretstream_xchacha20poly1305_init_push(state, hdr, key)
    plain_digest, digest = hashlib.sha256(), hashlib.sha256()
    total = plain if isinstance(plain, int) else len(plain)
    block = os.urandom(CHUNK) if isinstance(plain, int) else b''
    out = ctypes.create_string_buffer(CHUNK + 17)
    written = 0
    with open(path, 'wb') as f:
        def put(b):
            nonlocal written
            f.write(b)
            digest.update(b)
            written += len(b)
        put(header)
        put(hdr.raw)
        for i in range((total + CHUNK - 1) // CHUNK):
            n = min(CHUNK, total - i * CHUNK)
            piece = struct.pack('>Q', i) + block[8:n] if isinstance(plain, int) else plain[i * CHUNK:i * CHUNK + n]
            piece = piece[:n]
            plain_digest.update(piece)
            a = ad + struct.pack('>Q', i)
            last = (i + 1) * CHUNK >= total
            sodium.crypto_secretstream_xchacha20poly1305_push(state, out, None, piece, ctypes.c_ulonglong(n), a,
                                                              ctypes.c_ulonglong(len(a)), 3 if last else 0)
            put(out.raw[:n + 17])
        trailer = b'HFT1' + struct.pack('>Q', written) + digest.digest() + os.urandom(96)
        f.write(trailer)
    return key, plain_digest.hexdigest()


def box_seal(key, pk):
    out = ctypes.create_string_buffer(len(key) + 48)
    sodium.crypto_box_seal(out, key, ctypes.c_ulonglong(len(key)), pk)
    return out.raw


# ---------------------------------------------------------------- messages --

def s16(s):
    b = s.encode() if isinstance(s, str) else s
    return struct.pack('>H', len(b)) + b


class Cursor:
    def __init__(self, b):
        self.b = b

    def take(self, fmt):
        n = struct.calcsize('>' + fmt)
        v = struct.unpack('>' + fmt, self.b[:n])
        self.b = self.b[n:]
        return v if len(v) > 1 else v[0]

    def str(self, fmt='H'):
        n = self.take(fmt)
        v, self.b = self.b[:n], self.b[n:]
        return v.decode()

    def end(self):
        assert not self.b, 'bytes left over'


class Timeout(Exception):
    pass


class Deliver:
    """One hf-deliver process.  Every message it sends is kept in .log as a dict with the time it came."""

    def __init__(self, binary, level=3, stderr=None):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.sock, self.log, self.seq, self.attempts = ours, [], 0, 0
        self.answer = lambda m: True        # what ADVANCED says to an ADVANCE; None: nothing
        self.on_progress = None
        try:
            user = pwd.getpwnam('hf-deliver')
        except KeyError:
            user = pwd.getpwnam('nobody')

        def child():
            os.dup2(theirs.fileno(), 3, inheritable=True)
            if os.getuid() == 0:
                os.setgroups([])
                os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
                os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
        self.proc = subprocess.Popen([binary, '-l', str(level)], preexec_fn=child, pass_fds=(3,), stderr=stderr,
                                     stdin=subprocess.DEVNULL)
        theirs.close()
        self.pk = self.wait(lambda m: m['type'] == HELLO)['pk']

    # -- to deliver
    def send(self, kind, body=b'', fd=None):
        self.seq += 1
        msg = struct.pack('>BBHI', 1, kind, 0, self.seq) + body
        anc = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack('i', fd))] if fd is not None else []
        self.sock.sendmsg([msg], anc)
        return self.seq

    def printer(self, name, uri, pin='', uuid='', plain=False):
        self.send(PRINTER, os.urandom(16) + s16(name) + s16(uri) + s16(pin) + s16(uuid) + bytes([plain]))

    def probe(self, timeout=20):
        seq = self.send(PROBE)
        return self.wait(lambda m: m['type'] == STATE and m['seq'] == seq, timeout)

    def deliver(self, path, key, token=None, format='application/pdf', copies=1, sides=0, color=0, media='', options=(),
                attempt=None, fence=None):
        self.attempts += 1
        a = attempt or self.attempts
        token = token or os.urandom(16).hex()
        opts = b''.join(bytes([len(k)]) + k.encode() + bytes([len(v)]) + v.encode() for k, v in options)
        fd = os.open(path, os.O_RDONLY)
        try:
            self.send(DELIVER, struct.pack('>QQ', a, fence or a + 1000) + os.urandom(16) + s16(token) + s16(format) +
                      struct.pack('>HBB', copies, sides, color) + s16(media) + s16(opts) + box_seal(key, self.pk), fd)
        finally:
            os.close(fd)
        return a

    def recover(self, state, token, job_id=0, uuid='', up_time=0, attempt=None, fence=None):
        self.attempts += 1
        a = attempt or self.attempts
        self.send(RECOVER, struct.pack('>QQB', a, fence or a + 2000, state) + s16(token) + struct.pack('>I', job_id) +
                  s16(uuid) + struct.pack('>I', up_time))
        return a

    # -- from deliver
    def parse(self, raw):
        version, kind, zero, seq = struct.unpack('>BBHI', raw[:8])
        assert version == 1 and zero == 0
        c, m = Cursor(raw[8:]), {'type': kind, 'seq': seq, 'at': time.monotonic()}
        if kind == HELLO:
            m['pk'], c.b = c.b[:32], c.b[32:]
        elif kind == STATE:
            m['ready'], m['held_commit'] = map(bool, c.take('BB'))
            m['text'], m['json'] = c.str(), json.loads(c.str('I'))
        elif kind == ADVANCE:
            m['attempt'], m['fence'], to, m['job_id'] = c.take('QQBI')
            m['to'], m['uuid'], m['up_time'] = STEPS[to], c.str(), c.take('I')
        elif kind == PROGRESS:
            m['attempt'], m['beat'], m['bytes'], m['impressions'] = c.take('QQQi')
            m['text'] = c.str()
        elif kind == FINISH:
            m['attempt'], m['fence'], outcome, m['impressions'] = c.take('QQBi')
            m['outcome'], m['text'] = OUTCOMES[outcome], c.str()
        else:
            raise AssertionError('unknown message %02x' % kind)
        c.end()
        return m

    def pump(self, timeout):
        """Take one message, or None at the time-out; EOFError when the process is gone."""
        if not select.select([self.sock], [], [], max(0, timeout))[0]:
            return None
        raw = self.sock.recv(65536)
        if not raw:
            raise EOFError
        m = self.parse(raw)
        self.log.append(m)
        if m['type'] == ADVANCE:
            ok = self.answer(m)
            if ok is not None:
                self.advanced(m['attempt'], ok)
        if m['type'] == PROGRESS and self.on_progress:
            self.on_progress(m)
        return m

    def advanced(self, attempt, ok):
        self.send(ADVANCED, struct.pack('>QB', attempt, ok))

    def wait(self, want, timeout=20, seen=None):
        """The first message from log index `seen` on (default: new ones) that `want` likes."""
        end = time.monotonic() + timeout
        i = len(self.log) if seen is None else seen
        while True:
            while i < len(self.log):
                if want(self.log[i]):
                    return self.log[i]
                i += 1
            left = end - time.monotonic()
            if left <= 0 or (self.pump(left) is None and time.monotonic() >= end):
                raise Timeout('nothing of the kind within %s s; last: %r' % (timeout, self.log[-3:]))

    def finish(self, attempt, timeout=20):
        return self.wait(lambda m: m['type'] == FINISH and m['attempt'] == attempt, timeout, seen=0)

    def steps(self, attempt):
        return [m['to'] for m in self.log if m['type'] == ADVANCE and m['attempt'] == attempt]

    def peak_kib(self):
        with open('/proc/%d/status' % self.proc.pid) as f:
            return int([x for x in f if x.startswith('VmHWM')][0].split()[1])

    def close(self, timeout=15):
        """End it as the queue's death does; returns the exit code."""
        self.sock.close()
        try:
            return self.proc.wait(timeout)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
            return None


# ------------------------------------------------------------- printers -----

class Sim:
    """tests/sim/printer under control."""

    def __init__(self, folder, *args, tls=True, plain=False):
        ports = (['--tls-port', '0'] if tls else []) + (['--port', '0'] if plain else [])
        self.proc = subprocess.Popen([HERE + '/printer', '--dir', folder] + ports + list(args), stdout=subprocess.PIPE,
                                     stdin=subprocess.DEVNULL, text=True)
        line = self.proc.stdout.readline()
        if not line:
            raise RuntimeError('the simulated printer does not start')
        self.info = json.loads(line)
        self.dir, self.pin, self.uuid = folder, self.info['pin'], self.info['uuid']
        self.uri = 'ipps://localhost:%s/ipp/print' % self.info['tls_port']
        self.plain_uri = 'ipp://localhost:%s/ipp/print' % self.info['port']
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(self.info['control'])
        self.f = self.s.makefile('rw')

    def cmd(self, line):
        self.f.write(line + '\n')
        self.f.flush()
        out = self.f.readline().strip()
        if not out.startswith('ok'):
            raise RuntimeError('%s: %s' % (line, out))
        return out[3:]

    def state(self):
        return json.loads(self.cmd('state'))

    def job(self, token):
        return [j for j in self.state()['jobs'] if j['name'] == 'HF-' + token]

    def ledger(self):
        with open(self.info['ledger']) as f:
            return [json.loads(x) for x in f if x.endswith('\n')]

    def pages(self, token=None):
        return [e for e in self.ledger() if e['ev'] == 'page' and (token is None or e['name'] == 'HF-' + token)]

    def ops(self):
        return [e['op'] for e in self.ledger() if e['ev'] == 'op']

    def until(self, want, timeout=20):
        end = time.monotonic() + timeout
        while not want(self.state()):
            if time.monotonic() > end:
                raise Timeout('printer: %r' % self.state())
            time.sleep(0.01)

    def close(self):
        self.proc.terminate()
        self.proc.wait()
        self.s.close()


def die_with_parent():
    """Helpers end when the test is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


if __name__ == '__main__':
    sys.exit('a module: see tests/integration/deliver.t')
