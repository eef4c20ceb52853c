"""What the programs in this folder share: the running system (made by stack.sh), its printers, its database, and the
comparison of what was printed with what the database says."""
import json
import math
import os
import socket
import subprocess
import sys
import threading
import time
from collections import namedtuple

S = os.environ.get('HF_STACK', '')
ROOT = os.environ.get('HF_ROOT') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('HF_BUILD') or ROOT + '/build/release'
PAGE = 65536
IN_FLIGHT = ('claimed', 'created', 'releasing', 'sent')
n_tests = n_bad = 0
say_lock = threading.Lock()


def ok(good, name, *why):
    global n_tests, n_bad
    with say_lock:
        n_tests += 1
        n_bad += not good
        print('%sok %d - %s' % ('' if good else 'not ', n_tests, name), flush=True)
        for w in why if not good else ():
            for line in str(w).splitlines():
                print('#   ' + line, flush=True)


def note(text):
    with say_lock:
        print('# ' + text, flush=True)


def done():
    print('1..%d' % n_tests)
    sys.exit(1 if n_bad else 0)


class Timeout(Exception):
    pass


def until(what, seconds, fn, *args, pause=0.02):
    end = time.monotonic() + seconds
    while True:
        r = fn(*args)
        if r:
            return r
        if time.monotonic() > end:
            raise Timeout('waited %g s in vain: %s' % (seconds, what))
        time.sleep(pause)


def alive(pid):
    try:
        with open('/proc/%d/stat' % pid) as f:
            return f.read().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except OSError:
        return False


def children(pid, name=None):
    """Living processes of this parent, by the name of their program."""
    out = []
    for p in os.listdir('/proc'):
        if not p.isdigit():
            continue
        try:
            with open('/proc/%s/stat' % p) as f:
                head, _, tail = f.read().rpartition(')')
            comm, rest = head.split('(', 1)[1], tail.split()
        except (OSError, IndexError):
            continue
        if int(rest[1]) == pid and rest[0] not in 'ZX' and name in (None, comm):
            out.append(int(p))
    return out


# ---- the database -------------------------------------------------------------------------------------------------

class Database:
    """One psql that is asked again and again; a new one when the server has gone."""

    def __init__(self):
        self.lock, self.proc = threading.Lock(), None

    def start(self):
        self.proc = subprocess.Popen(
            ['psql', '-X', '-q', '-A', '-t', '-h', S + '/run/pg', '-U', 'hf_owner', '-d', 'holdfast', '-f', '-'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.proc.stdin.write('set search_path = hf;\n')

    def rows(self, text):
        """Rows as lists of text; None while there is no database."""
        with self.lock:
            for attempt in range(2):
                try:
                    if self.proc is None or self.proc.poll() is not None:
                        self.start()
                    self.proc.stdin.write(text + ';\n\\echo --end :ERROR\n')
                    self.proc.stdin.flush()
                    out = []
                    for line in self.proc.stdout:
                        if line.startswith('--end'):
                            if line.strip() == '--end true':
                                break
                            return out
                        out.append(line.rstrip('\n').split('|'))
                except BrokenPipeError:
                    pass
                self.proc.kill()
                self.proc.wait()
                self.proc = None
            return None

    def value(self, text):
        r = self.rows(text)
        return r[0][0] if r else None


db = Database()


def database(verb):
    subprocess.run([ROOT + '/dist/embedded-db', verb, S], check=True, stdout=subprocess.DEVNULL)


# ---- printers, readers, people ------------------------------------------------------------------------------------

class Station:
    """A printer, the reader beside it, and the person who taps there."""

    def __init__(self, name, reader, printer, seed, card):
        self.name, self.reader, self.id, self.seed, self.card = name, reader, printer, seed, card
        self.hold = name.startswith('h')
        self.mode = 'hold' if self.hold else 'plain'
        self.read, self.events, self.named = 0, [], {}

    def cmd(self, line):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect('%s/%s/control' % (S, self.name))
            s.sendall(line.encode() + b'\n')
            out = b''
            while not out.endswith(b'\n'):
                piece = s.recv(1 << 20)
                if not piece:
                    break
                out += piece
        text = out.decode().strip()
        if not text.startswith('ok'):
            raise RuntimeError('printer %s: %s: %s' % (self.name, line, text))
        return text[3:]

    def state(self):
        return json.loads(self.cmd('state'))

    def ledger(self):
        """All that happened there so far."""
        with open('%s/%s/ledger.jsonl' % (S, self.name)) as f:
            f.seek(self.read)
            for line in iter(f.readline, ''):
                if not line.endswith('\n'):
                    break
                self.read = f.tell()
                e = json.loads(line)
                self.events.append(e)
                if 'name' in e:
                    self.named.setdefault(e['name'], []).append(e)
        return self.events

    def about(self, name):
        """What happened to printer jobs of this name."""
        self.ledger()
        return self.named.get(name, [])

    def tap(self):
        """One touch; the process, whose output nobody need wait for."""
        return subprocess.Popen([BUILD + '/tests/sim/taptool', 'tap', S + '/run/release.sock', self.seed, self.reader,
                                 self.id, S + '/keys/keylist', self.card], stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)


def stations():
    with open(S + '/stations') as f:
        return [Station(*line.split()) for line in f]


Doc = namedtuple('Doc', 'id owner size sha')
serial = [0]


def seal(owner, size, rng):
    """A document of this owner, in the spool."""
    with say_lock:
        serial[0] += 1
        number = serial[0]
    body = rng.randbytes(size)
    path = '%s/doc.%d' % (S, number)
    with open(path, 'wb') as f:
        f.write(body)
    p = subprocess.run([BUILD + '/tests/sim/mkjobs', '-o', owner, '-j', str(number), '-f', path, S], check=True,
                       stdout=subprocess.PIPE, text=True)
    os.unlink(path)
    import hashlib
    return Doc(p.stdout.strip(), owner, size, hashlib.sha256(body).hexdigest())


def state_of(doc):
    return db.value("select state from job where id = '%s'" % doc.id)


# ---- what was printed ---------------------------------------------------------------------------------------------

Printed = namedtuple('Printed', 'copies most whole live')


def pages_of(size):
    return math.ceil(size / PAGE)


def printed(doc, where, tokens=None, states=None):
    """What came out of a document, all attempts together.

    copies: how often each page, as a list; most: the most of them; whole: how often a printer finished the document
    with all its bytes; live: printer jobs that have bytes of it and are not over.  tokens and states, where known, save
    asking again: the names of its printer jobs, and station.state() of each of where.
    """
    if tokens is None:
        tokens = {'HF-' + r[0] for r in db.rows("select token from attempt where job = '%s'" % doc.id)}
    copies = [0] * pages_of(doc.size)
    whole = live = 0
    for st in where:
        for e in [e for t in tokens for e in st.about(t)]:
            if e['ev'] == 'page' and e['page'] <= len(copies):
                copies[e['page'] - 1] += 1
            if e['ev'] == 'done' and e['sha256'] == doc.sha:
                whole += 1
        state = states[st.name] if states else st.state()
        live += sum(j['name'] in tokens and j['state'] < 7 and j['bytes'] > 0 for j in state['jobs'])
    return Printed(copies, max(copies), whole, live)


def faults_of(doc, state, p, in_store):
    """Where ledger, database and store contradict the promise; nobody has decided to print again."""
    out = []
    if p.most > 1:
        out.append('printed twice: %s' % p.copies)
    if state == 'delivered':
        if p.whole != 1:
            out.append('delivered, and finished %d times at the printer' % p.whole)
        if in_store:
            out.append('delivered, and its file is still there')
    elif state == 'held':
        if p.most:
            out.append('held, and pages are out: %s' % p.copies)
        if p.live:
            out.append('held, and a printer still has it')
    elif state != 'uncertain':
        out.append('neither delivered, held nor uncertain but %s' % state)
    if state in ('held', 'uncertain') and not in_store:
        out.append('%s, and its file is gone' % state)
    return out


def in_store(doc):
    return os.path.exists('%s/spool/held/%s' % (S, doc.id)) or os.path.exists('%s/spool/incoming/%s' % (S, doc.id))


# ---- the service --------------------------------------------------------------------------------------------------

class Service:
    """holdfast-released: killed and started again, as an init system does."""

    def __init__(self):
        with open(S + '/run/released.pid') as f:
            self.pid = int(f.read())
        self.proc = None

    def start(self):
        log = open(S + '/log/released.log', 'a')
        self.proc = subprocess.Popen([S + '/sw/usr/sbin/holdfast-released', '-c', S + '/etc/released.conf'],
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        self.pid = self.proc.pid
        with open(S + '/run/released.pid', 'w') as f:
            f.write('%d\n' % self.pid)

    def kill(self):
        roles = children(self.pid)
        try:
            os.kill(self.pid, 9)
        except ProcessLookupError:
            pass
        if self.proc:
            self.proc.wait()
        until('the roles to end with their parent', 15, lambda: not any(alive(p) for p in roles + [self.pid]))

    def roles(self, name):
        return children(self.pid, name)

    @staticmethod
    def ready():
        p = subprocess.run([BUILD + '/tests/sim/taptool', 'send', 'root', S + '/run/release.sock', '14'],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return p.stdout.startswith('010101')

    def wait_ready(self, seconds=30):
        until('the service to be ready', seconds, self.ready, pause=0.05)
