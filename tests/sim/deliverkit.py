"""What the tests of hf-deliver share: tests as functions, a bench for each, TAP.  See tests/integration/deliver*.t."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

from deliverdrive import *

BUILD = os.environ.get('HF_BUILD') or ROOT + '/build/release'
ASAN = bool(os.environ.get('HF_ASAN'))

count = bad = 0
todo = []
living = []         # processes to be ended whatever happens
helpers = []        # … and functions to be called
T = tempfile.mkdtemp()
BINARY = shutil.copy(BUILD + '/hf-deliver', T)  # hf-deliver's user may not be able to walk to the build
LOG = open(T + '/log', 'w')


def ok(good, name, *why):
    global count, bad
    count += 1
    bad += not good
    print('%sok %d - %s' % ('' if good else 'not ', count, name), flush=True)
    if not good:
        for w in why:
            print('#   %r' % (w,), flush=True)


def test(fn):
    todo.append((fn, None))
    return fn


def both(fn):
    """Once in plain and once in held-commit mode."""
    todo.append((fn, 'plain'))
    todo.append((fn, 'held-commit'))
    return fn


class Bench:
    """A folder, a printer, a deliver process; all gone at the end."""

    def __init__(self, mode, *args, start=True, **kw):
        self.mode, self.hold = mode, mode == 'held-commit'
        self.dir = tempfile.mkdtemp(dir=T)
        self.sim = Sim(self.dir + '/p', *(['--hold'] if self.hold else []), *args, **kw)
        living.append(self.sim.proc)
        self.d = None
        if start:
            self.start()

    def start(self, **kw):
        self.d = Deliver(BINARY, stderr=LOG)
        living.append(self.d.proc)
        self.row(**kw)
        return self.d

    def row(self, name='p3', uri=None, pin=None, uuid=None, plain=False):
        self.d.printer(name, uri or self.sim.uri, self.sim.pin if pin is None else pin,
                       self.sim.uuid if uuid is None else uuid, plain)

    def doc(self, plain):
        path = self.dir + '/doc%d' % len(os.listdir(self.dir))
        key, sha = seal(path, plain)
        return path, key, sha

    def go(self, plain=200000, token=None, **kw):
        """Deliver one document; returns (attempt, token, sha)."""
        path, key, sha = self.doc(plain)
        token = token or os.urandom(16).hex()
        return self.d.deliver(path, key, token, **kw), token, sha

    def stall_at(self, step, plain=200000, **kw):
        """Go as far as ADVANCE(step), then kill the process as a crash would."""
        self.d.answer = lambda m: None if m['to'] == step else True
        a, token, sha = self.go(plain, **kw)
        m = self.d.wait(lambda m: m['type'] == ADVANCE and m['to'] == step, seen=0)
        self.d.proc.kill()
        self.d.proc.wait()
        self.d.sock.close()
        self.start()
        return m, token

    def until(self, want, timeout=20):
        """Wait for something at the printer, answering the process meanwhile."""
        end = time.monotonic() + timeout
        while not want(self.sim.state()):
            if time.monotonic() > end:
                raise Timeout('printer: %r' % self.sim.state())
            if self.d.proc.poll() is None:
                self.d.pump(0.02)

    def recover(self, state, token, m=None, timeout=30):
        a = self.d.recover(state, token, m['job_id'] if m else 0, m['uuid'] if m else '', m['up_time'] if m else 0)
        return self.d.finish(a, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.d and self.d.proc.poll() is None:
            code = self.d.close()
            if code != 0:
                ok(False, 'hf-deliver ends cleanly', code)
        self.sim.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def last(mode):
    return 'releasing' if mode == 'held-commit' else 'sent'


def run_all():
    os.chmod(T, 0o755)
    only = sys.argv[1:]
    for fn, mode in todo:
        if only and fn.__name__ not in only:
            continue
        start = time.monotonic()
        try:
            fn(*([mode] if mode else []))
        except Exception:
            ok(False, fn.__name__, traceback.format_exc())
        print('#   %s %s: %.1f s' % (fn.__name__, mode or '', time.monotonic() - start), flush=True)
    print('1..%d' % count)



def main():
    global bad
    if not os.access(BINARY, os.X_OK):
        print('1..0 # SKIP %s is not built' % BINARY)
        sys.exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        run_all()
    finally:
        for p in living:
            if p.poll() is None:
                p.kill()
                p.wait()
        for h in helpers:
            try:
                h()
            except subprocess.CalledProcessError:
                pass
        LOG.close()
        if bad or os.environ.get('HF_LOG'):
            with open(T + '/log') as f:
                for line in f.readlines()[-60:]:
                    print('# ' + line.rstrip())
        shutil.rmtree(T, ignore_errors=True)
    sys.exit(1 if bad else 0)
