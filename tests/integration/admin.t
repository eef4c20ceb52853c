#!/usr/bin/python3
"""The `holdfast` command against a real cluster and a real printer: what each subcommand does, says and exits with."""
import base64
import contextlib
import grp
import hashlib
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.environ.get('HF_ROOT', os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get('HF_BUILD', ROOT + '/build/' + os.environ.get('HF_MODE', 'release'))
NOBODY = '00000000-0000-4000-8000-000000000000'

if os.geteuid() != 0:
    print('1..0 # SKIP needs root')
    sys.exit(0)
if not os.path.exists('/usr/sbin/ippeveprinter') and not shutil.which('ippeveprinter'):
    print('1..0 # SKIP ippeveprinter is not installed')
    sys.exit(0)

count = failed = 0
said = []           # everything that the command ever printed


def ok(cond, name, *why):
    global count, failed
    count += 1
    print('%sok %d - %s' % ('' if cond else 'not ', count, name), flush=True)
    if not cond:
        failed += 1
        for w in why:
            print('#', str(w).replace('\n', '\n# '))
    return cond


def wait_for(what, seconds=20.0):
    end = time.monotonic() + seconds
    while True:
        v = what()
        if v or time.monotonic() > end:
            return v
        time.sleep(0.02)


class Ran:
    def __init__(self, p):
        self.rc, self.out, self.err = p.returncode, p.stdout, p.stderr
        said.append(p.stdout + p.stderr)

    def __repr__(self):
        return 'exit %d\nout: %s\nerr: %s' % (self.rc, self.out, self.err)


def run(*args, stdin=subprocess.DEVNULL, user=None, **kw):
    p = subprocess.run([HOLDFAST] + list(args), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120,
                       user=user, **kw)
    return Ran(p)


def hf(*args, **kw):
    return run('-c', D + '/etc/admin.conf', *args, **kw)


def hfj(*args):
    r = hf('--json', *args)
    try:
        return r, json.loads(r.out)
    except ValueError:
        return r, None


def db(verb):
    return subprocess.run([ROOT + '/dist/embedded-db', verb, D], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)


def sql(role, text, user=None):
    cmd = ['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', D + '/run/pg', '-d', 'holdfast', '-U', role, '-c', text]
    p = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, user=user, group=user, cwd='/',
                       extra_groups=[] if user else None)
    return p.stdout.strip()


def release(text):
    return sql('hf_release', text, user='hf-queue')


def free_port():
    with contextlib.closing(socket.socket()) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


# A release service that answers by a table ---------------------------------------------------------------------------

class Release(threading.Thread):
    """Knows doc/messages.md: HEALTH, STATUS, KEY_LIST, KEY_ROTATE, PRINTER_TEST; other answers are given by the test."""

    def __init__(self, path, answers):
        super().__init__(daemon=True)
        self.path, self.answers, self.asked = path, answers, []
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.s.bind(path)
        self.s.listen(4)
        self.start()

    def run(self):
        while True:
            try:
                c, _ = self.s.accept()
            except OSError:
                return
            with c:
                m = c.recv(65536)
                if len(m) < 8:
                    continue
                version, kind, zero, seq = struct.unpack('>BBHI', m[:8])
                self.asked.append((kind, m[8:]))
                a = self.answers.get(kind)
                if a is None:
                    text = b'no such question'
                    c.send(struct.pack('>BBHIB', 1, 1, 0, seq, 1) + struct.pack('>H', len(text)) + text)
                elif isinstance(a, tuple):
                    text = a[1].encode()
                    c.send(struct.pack('>BBHIB', 1, 1, 0, seq, a[0]) + struct.pack('>H', len(text)) + text)
                else:
                    c.send(struct.pack('>BBHI', 1, kind | 0x80, 0, seq) + a)

    def stop(self):
        self.s.shutdown(socket.SHUT_RDWR)
        self.s.close()
        os.unlink(self.path)


# A printer -------------------------------------------------------------------------------------------------------------

class Printer:
    def __init__(self, where):
        self.where, self.port, self.procs = where, free_port(), []
        os.makedirs(where + '/spool')
        os.makedirs(where + '/keys')
        self.bus = 'unix:path=' + where + '/bus'
        self.procs.append(subprocess.Popen(['dbus-daemon', '--session', '--address=' + self.bus, '--nofork', '--nopidfile'],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

        def bus_up():       # its name is there before it listens
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as s:
                return s.connect_ex(where + '/bus') == 0
        wait_for(bus_up)
        self.start()

    def start(self):
        self.printer = subprocess.Popen(
            ['ippeveprinter', '-r', 'off', '-n', 'localhost', '-p', str(self.port), '-d', self.where + '/spool', '-K',
             self.where + '/keys', '-c', '/bin/true', '-f', 'application/pdf', 'Sim'],
            stdout=subprocess.DEVNULL, stderr=open(self.where + '/log', 'a'), env=dict(os.environ, DBUS_SYSTEM_BUS_ADDRESS=self.bus))

        def up():
            with contextlib.closing(socket.socket()) as s:
                return s.connect_ex(('127.0.0.1', self.port)) == 0
        wait_for(up)

    def stop_printer(self):
        self.printer.terminate()
        self.printer.wait(20)

    def stop(self):
        self.stop_printer()
        for p in self.procs:
            p.terminate()
            p.wait(20)


# The tests ---------------------------------------------------------------------------------------------------------------

T = tempfile.mkdtemp(prefix='hf-admin.')
os.chmod(T, 0o755)
HOLDFAST = shutil.copy(BUILD + '/holdfast', T)  # other users run it too, and may not be able to walk to the build
D = T + '/site'
printer = None


def test_init():
    port = free_port()
    args = ['init', '--dir', D, '--url', 'https://localhost:%d' % port, '--host-name', 'intake-1', '--queue', 'office', '--queue',
            'lab', '--libexec', BUILD, '--schema', ROOT + '/schema', '--cups', T + '/cups']
    r = run('init')
    ok(r.rc == 2 and '--dir is missing' in r.err, 'init without --dir is a usage error', r)
    r = run(*args, user='nobody', cwd='/')
    ok(r.rc == 4 and 'root' in r.err, 'init by somebody else than root is not allowed', r)
    r = run('init', '--dir', T + '/a b', '--libexec', BUILD, '--schema', ROOT + '/schema')
    ok(r.rc == 1 and not os.path.exists(T + '/a b/etc'), 'init refuses a folder whose name would need quotes', r)
    r = run('init', '--dir', T + '/x', '--libexec', BUILD, '--schema', ROOT + '/schema', '--database', 'host=x password=y')
    ok(r.rc == 1 and 'password' in r.err and not os.path.exists(T + '/x'), 'init refuses a password in a database string', r)
    r = run(*args)
    ok(r.rc == 0, 'init makes an instance', r)
    if r.rc != 0:
        raise SystemExit('Bail out! no instance')
    before = {f: open(D + '/keys/' + f, 'rb').read() for f in ('master.key', 'keystore', 'keylist', 'host.key')}
    r = run(*args)
    ok(r.rc == 1 and 'overwrites nothing' in r.err, 'a second init refuses', r)
    ok(all(open(D + '/keys/' + f, 'rb').read() == b for f, b in before.items()), 'and has touched no key')

    def mode(path, user, group, bits):
        st = os.lstat(D + '/' + path)
        want = (pwd.getpwnam(user).pw_uid, bits)
        return ok((st.st_uid, stat.S_IMODE(st.st_mode)) == want and st.st_gid == grp.getgrnam(group).gr_gid,
                  '%s is of %s:%s, %04o' % (path, user, group, bits), oct(st.st_mode), st.st_uid, st.st_gid)
    mode('keys/master.key', 'root', 'root', 0o600)
    mode('keys/keystore', 'hf-queue', 'hf-queue', 0o600)
    mode('keys/keylist', 'hf-queue', 'hf-queue', 0o644)
    mode('keys/host.key', 'hf-intake', 'hf-intake', 0o400)
    mode('keys', 'root', 'hf-queue', 0o1771)
    mode('tls/server.key', 'root', 'hf-web', 0o640)
    mode('spool/incoming', 'hf-queue', 'hf-intake', 0o1730)
    mode('spool/held', 'hf-queue', 'hf-queue', 0o700)
    mode('spool/intake', 'hf-intake', 'hf-intake', 0o700)
    mode('etc/intake.conf', 'root', 'root', 0o644)
    mode('db', 'hf-db', 'hf-db', 0o700)
    p = subprocess.run(['openssl', 'x509', '-in', D + '/tls/server.crt', '-noout', '-text'], stdout=subprocess.PIPE, text=True)
    ok(all(n in p.stdout for n in ('DNS:localhost', 'DNS:intake-1', 'IP Address:127.0.0.1', 'prime256v1', 'CA:FALSE')),
       'the certificate is for this host, on P-256, and no CA', p.stdout)
    host = [f for f in os.listdir(D + '/keys/hosts')]
    ok(len(host) == 1 and re.fullmatch(r'[0-9a-f]{16}\.pub', host[0]), "this host's public key is registered", host)
    ok(sql('hf_admin', 'select string_agg(name, \' \' order by name) from hf.admin_queue') == 'lab office', 'the queues are made')
    for prog, conf in (('holdfast-released', 'released'), ('holdfastd', 'holdfastd')):
        if os.path.exists(BUILD + '/' + prog):
            p = subprocess.run([BUILD + '/' + prog, '-c', D + '/etc/' + conf + '.conf', '-t'], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, timeout=60)
            ok(p.returncode == 0, '%s accepts its configuration' % prog, p.stdout)
    q = subprocess.run(['setpriv', '--reuid', 'hf-queue', '--regid', 'hf-queue', '--clear-groups', 'sh', '-c',
                        'rm -f "$1/keys/master.key" "$1/keys/host.key" "$1/keys/site.pub"; : > "$1/keys/new" && mv "$1/keys/new" "$1/keys/new2" && rm "$1/keys/new2"',
                        'sh', D], stderr=subprocess.DEVNULL)
    ok(q.returncode == 0 and all(os.path.exists(D + '/keys/' + f) for f in ('master.key', 'host.key', 'site.pub')),
       'role queue can replace its own files in keys/, and no other')


def test_usage_and_manual():
    r = run()
    ok(r.rc == 2 and 'usage' in r.err, 'nothing to do is a usage error', r)
    table = re.findall(r'^       holdfast (\S+)(?: (add|list|test|remove|enrol|revoke|show|cancel|disable|enable|rotate|password|role|accept|export|verify|prove|check-proof|key))?(?: (.*))?$', r.err, re.M)
    names = {' '.join(x for x in t[:2] if x): t[2] for t in table}
    page = open(ROOT + '/man/holdfast.8').read()
    commands = page[page.index('.Sh COMMANDS'):page.index('.Sh CONFIGURATION')]
    items = re.findall(r'^\.It Cm ((?:[a-z-]+ ?)+?)(?= Fl| Ar| Op| Oo|$)(.*)$', commands, re.M)
    paged = {n.strip(): rest for n, rest in items}
    ok(len(names) > 20 and set(names) == set(paged), 'the manual page knows exactly the subcommands of the program',
       set(names) ^ set(paged))
    bad = [n for n in names if set(re.findall(r'--([a-z-]+)', names[n])) != set(re.findall(r'Fl -([a-z-]+)', paged.get(n, '')))]
    ok(not bad, 'and for each exactly its options', bad)
    for args in (['nonsense'], ['user'], ['user', 'nonsense'], ['user', 'add'], ['user', 'list', 'x'], ['--nonsense'], ['-c'],
                 ['user', 'add', 'a', '--nonsense'], ['reader', 'add', 'r'], ['badge', 'enrol', 'ann']):
        r = hf(*args) if args[0] != '-c' else run(*args)
        ok(r.rc == 2 and r.err, 'usage error: %s' % ' '.join(args), r)
    r = run('-c', T + '/nowhere.conf', 'user', 'list')
    ok(r.rc == 1 and T + '/nowhere.conf' in r.err, 'a configuration that is not there', r)
    with open(T + '/bad.conf', 'w') as f:
        f.write(open(D + '/etc/admin.conf').read() + 'nonsense = 1\n')
    r = run('-c', T + '/bad.conf', 'user', 'list')
    ok(r.rc == 1 and re.search(r'bad\.conf:\d+: .*nonsense', r.err), 'an unknown name is an error with file and line', r)
    r = run('--version')
    ok(r.rc == 0 and r.out.startswith('holdfast '), 'the version', r)


def test_migrate():
    r = hf('migrate')
    ok(r.rc == 0 and 'up to date' in r.out, 'migrate finds nothing to do', r)
    own = T + '/schema'
    shutil.copytree(ROOT + '/schema', own)
    n = len([f for f in os.listdir(own) if re.match(r'\d{3}_', f)])
    with open(D + '/etc/admin.conf') as f:
        conf = re.sub(r'schema = .*', 'schema = "%s"' % own, f.read())
    with open(T + '/own.conf', 'w') as f:
        f.write(conf)

    def migrate():
        return run('-c', T + '/own.conf', 'migrate')
    with open(own + '/%03d_test.sql' % (n + 1), 'w') as f:
        f.write('create table hf.x (i integer);\ninsert into hf.x values (1);\nselect 1 / 0;\n')
    r = migrate()
    ok(r.rc == 1 and '%03d_test.sql: ' % (n + 1) in r.err and 'division by zero' in r.err, 'a migration that fails says where', r)
    ok(sql('hf_owner', "select to_regclass('hf.x') is null and max(number) = %d from hf.migration" % n) == 't', 'and leaves nothing behind')
    with open(own + '/%03d_test.sql' % (n + 1), 'w') as f:
        f.write('create table hf.x (i integer);\n')
    with open(own + '/%03d_more.sql' % (n + 2), 'w') as f:
        f.write('insert into hf.x values (7);\n')
    r = migrate()
    ok(r.rc == 0 and sql('hf_owner', 'select i from hf.x') == '7', 'new migrations are applied in order', r)
    ok(migrate().rc == 0 and sql('hf_owner', 'select count(*) from hf.x') == '1', 'each once')
    r = hf('migrate')
    ok(r.rc == 1 and 'newer program' in r.err, 'a program that is older than the database refuses', r)
    with open(own + '/%03d_more.sql' % (n + 2), 'a') as f:
        f.write('-- edited\n')
    r = migrate()
    ok(r.rc == 1 and 'never edited' in r.err, 'a migration that was edited after it was applied is refused', r)
    sql('hf_owner', 'drop table hf.x; delete from hf.migration where number > %d' % n)
    ok(hf('migrate').rc == 0, 'the schema is as before')


def test_people():
    ok(hf('user', 'add', 'ann', '--display', 'Ann Ä.').rc == 0, 'a user is added')
    r = hf('user', 'add', 'ann')
    ok(r.rc == 1 and r.err == 'holdfast: there is already a user "ann"\n', 'once, and the second time in one sentence', r)
    ok(hf('user', 'add', 'a\nb').rc == 1, 'not with a line break in the name')
    hf('user', 'add', 'bob')
    r, j = hfj('user', 'list')
    ok(j and [(u['name'], u['display'], u['disabled']) for u in j] == [('ann', 'Ann Ä.', False), ('bob', '', False)], 'users are listed', r)
    r = hf('user', 'disable', 'bob')
    ok(r.rc == 0 and hfj('user', 'list')[1][1]['disabled'] is True, 'a user is disabled', r)
    ok(hf('user', 'enable', 'bob').rc == 0 and hfj('user', 'list')[1][1]['disabled'] is False, 'and enabled')
    r = hf('user', 'disable', 'zoe')
    ok(r.rc == 3 and 'no such user "zoe"' in r.err, 'an unknown user is exit 3', r)
    ok(sql('hf_admin', "select actor from hf.admin_event where kind = 'person.added' limit 1") == 'root', 'the event names who did it')
    r = hf('user', 'list', user='nobody')
    ok(r.rc == 4 and 'nobody' in r.err, 'somebody else is not the administrator: exit 4', r)
    sql('hf_owner', 'alter table hf.person drop constraint person_display_check')
    sql('hf_owner', "insert into hf.person (name, display) values ('evil', E'\\033[2Jx')")
    r = hf('user', 'list')
    ok('?[2Jx' in r.out and '\x1b' not in r.out, 'a list does not drive the terminal', repr(r.out))


def test_printers():
    global printer
    printer = Printer(T + '/printer')
    uri = 'ipps://localhost:%d/ipp/print' % printer.port
    r = hf('printer', 'add', 'p1', uri, '--location', '2nd floor')
    ok(r.rc == 0 and 'sha256//' in r.err and 'application/pdf' in r.err and 'Sim' in r.err, 'a printer is added; its key and formats are shown', r)
    pem = subprocess.run(['openssl', 's_client', '-connect', 'localhost:%d' % printer.port], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    pub = subprocess.run(['openssl', 'x509', '-pubkey', '-noout'], input=pem, stdout=subprocess.PIPE).stdout
    der = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'], input=pub, stdout=subprocess.PIPE).stdout
    digest = subprocess.run(['openssl', 'dgst', '-sha256', '-binary'], input=der, stdout=subprocess.PIPE).stdout
    pin = 'sha256//' + base64.b64encode(digest).decode()
    p = hfj('printer', 'list')[1][0]
    ok(p['pin'] == pin, 'the pin is the SHA-256 of the key that openssl sees', p, pin)
    ok(p['min_class'] == 1 and p['plain_allowed'] is False and p['uuid'].startswith('urn:uuid:') and p['location'] == '2nd floor', 'with the safe defaults', p)
    r = hf('printer', 'add', 'p1', uri)
    ok(r.rc == 1 and 'already' in r.err, 'once', r)
    r = hf('printer', 'add', 'p2', uri, '--pin', 'sha256//' + 'A' * 43 + '=')
    ok(r.rc == 4 and 'another key' in r.err, 'another key than --pin is refused', r)
    r = hf('printer', 'add', 'p2', uri, '--pin', 'sha256//short')
    ok(r.rc == 1, 'what is no pin is refused', r)
    ok(hf('printer', 'add', 'p2', uri, '--pin', pin).rc == 0, 'the right pin is accepted')
    plain = uri.replace('ipps', 'ipp')
    r = hf('printer', 'add', 'p3', plain)
    ok(r.rc == 1 and '--allow-plain' in r.err, 'plain ipp is refused', r)
    r = hf('printer', 'add', 'p3', plain, '--allow-plain')
    ok(r.rc == 0 and 'in clear' in r.err, 'unless allowed, and then it is said', r)
    r = hf('printer', 'add', 'p4', uri, '--min-class', '0')
    ok(r.rc == 1 and '--waive' in r.err, 'class 0 without a reason is refused', r)
    ok(hf('printer', 'add', 'p4', uri, '--min-class', '0', '--waive', 'open office').rc == 0, 'with a reason it is recorded')
    p = [p for p in hfj('printer', 'list')[1] if p['name'] == 'p4'][0]
    ok(p['waiver'] == 'open office' and p['waiver_by'] == 'root' and p['min_class'] == 0, 'with who said so', p)
    for bad in ('http://localhost/', 'ipps://', 'localhost', 'ipps://u:p@localhost/x'):
        r = hf('printer', 'add', 'p5', bad)
        ok(r.rc == 1 and 'URI' in r.err, 'no printer is at %s' % bad, r)
    r = hf('printer', 'add', 'p5', 'ipps://localhost:%d/ipp/print' % free_port())
    ok(r.rc == 5 and 'not reachable' in r.err, 'a printer that does not answer is exit 5', r)
    r = hf('printer', 'add', 'p5', uri.replace('/ipp/print', '/nothing'))
    ok(r.rc == 1 and 'p5' in r.err, 'an address where no printer is', r)
    web = socket.socket()
    web.bind(('127.0.0.1', 0))
    web.listen(4)

    def endless():
        c, _ = web.accept()
        with c, contextlib.suppress(OSError):
            c.recv(65536)
            c.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nConnection: close\r\n\r\n')
            while True:
                c.send(b'\x02\x00\x00\x00\x00\x00\x00\x01' + b'\x34\x00\x01x\x00\x00' * 10000)
    threading.Thread(target=endless, daemon=True).start()
    r = hf('printer', 'add', 'p5', 'ipp://127.0.0.1:%d/' % web.getsockname()[1], '--allow-plain')
    ok(r.rc == 1 and 'too much' in r.err, 'a printer that answers without end is refused', r)
    web.close()
    ok('p5' not in [p['name'] for p in hfj('printer', 'list')[1]], 'after each refusal nothing is stored')
    m, s = os.openpty()
    q = subprocess.Popen([HOLDFAST, '-c', D + '/etc/admin.conf', 'printer', 'add', 'p6', uri], stdin=s, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    os.write(m, b'n\n')
    out, err = q.communicate(timeout=60)
    ok(q.returncode == 1 and 'its key?' in err and 'p6' not in [p['name'] for p in hfj('printer', 'list')[1]],
       'at a terminal the key is asked about, and no means no', out, err)
    os.close(m)
    os.close(s)
    r = hf('printer', 'remove', 'p3')
    ok(r.rc == 0 and 'p3' not in [p['name'] for p in hfj('printer', 'list')[1]], 'a printer is removed', r)
    ok(hf('printer', 'remove', 'p3').rc == 3, 'once: exit 3')


def test_readers_and_badges():
    r = hf('reader', 'add', 'lobby', '--printer', 'p1', 'p2')
    token = r.out.strip()
    ok(r.rc == 0 and re.fullmatch(r'HFR1\.[A-Za-z0-9_-]{100,}', token), 'a reader gets a token, alone on standard output', r)
    raw = base64.urlsafe_b64decode(token[5:] + '=' * (-len(token[5:]) % 4))
    spki = base64.b64encode(raw[16:48]).decode()
    pub = subprocess.run(['openssl', 'x509', '-in', D + '/tls/server.crt', '-pubkey', '-noout'], stdout=subprocess.PIPE).stdout
    pubder = subprocess.run(['openssl', 'pkey', '-pubin', '-outform', 'DER'], input=pub, stdout=subprocess.PIPE).stdout
    want = hashlib.sha256(pubder).digest()
    ok(raw[16:48] == want, "the token pins holdfastd's key", spki)
    ok(raw[48:80].hex() == open(D + '/keys/site.pub').read().strip(), "and the site's key")
    ok(raw[80:].decode().startswith('https://localhost:'), 'and names the URL')
    h = hashlib.blake2b(raw[:16], digest_size=32).hexdigest()
    ok(sql('hf_owner', "select encode(token_hash, 'hex') from hf.reader where name = 'lobby'") == h, 'the database has a hash of the secret alone')
    r = hf('reader', 'add', 'lobby', '--printer', 'p1')
    ok(r.rc == 1 and 'already' in r.err and 'HFR1' not in r.out, 'once; no token for a refusal', r)
    ok(hf('reader', 'add', 'r2', '--printer', 'nope').rc == 3, 'an unknown printer is exit 3')
    ok(hf('reader', 'add', 'r2', '--printer', 'a"},b').rc == 3, 'whatever its name looks like')
    r = hf('badge', 'enrol', 'ann', '--reader', 'lobby')
    ok(r.rc == 1 and 'token' in r.err, 'a reader that has not enrolled cannot enrol badges', r)
    rid = release("select reader from hf.reader_enrol('\\x%s', sha256('k'), 'ACR', '0.1') limit 1" % h)
    j = hfj('reader', 'list')[1]
    ok(j[0]['state'] == 'enrolled' and j[0]['printers'] == ['p1', 'p2'] and j[0]['hardware'] == 'ACR', 'readers are listed', j)

    def enrol(*more):
        q = subprocess.Popen([HOLDFAST, '-c', D + '/etc/admin.conf', '--json', 'badge', 'enrol', 'ann', '--reader', 'lobby', *more],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ok(select.select([q.stderr], [], [], 20)[0] != [] and 'Hold the new badge' in q.stderr.readline(), 'enrolment waits for a tap')
        return q
    q = enrol('--label', 'blue')
    began = time.monotonic()
    ok(release("select hf.tap_enrol('%s', sha256('badge'), 1)" % rid) == 'ann', 'an unknown badge is tapped')
    out, err = q.communicate(timeout=30)
    took = time.monotonic() - began
    badge = json.loads(out)['badge'] if q.returncode == 0 else None
    ok(q.returncode == 0 and took < 8, 'and the administrator is told at once (%.2f s)' % took, out, err)
    j = hfj('badge', 'list', 'ann')[1]
    ok(len(j) == 1 and j[0]['id'] == badge and j[0]['label'] == 'blue', 'the badge is listed', j)
    ok(hfj('badge', 'list', 'bob')[1] == [], "and is nobody else's")
    q = enrol()
    q.send_signal(signal.SIGINT)
    out, err = q.communicate(timeout=30)
    ok(q.returncode == 5, 'interrupted: exit 5', q.returncode, err)
    ok(release("select hf.tap_enrol('%s', sha256('stranger'), 1)" % rid) == '', "and the next stranger's badge is not bound")
    r = hf('badge', 'enrol', 'ann', '--reader', 'lobby', '--wait', '1')
    ok(r.rc == 5 and 'within 1 second' in r.err, 'nobody tapped: exit 5', r)
    ok(release("select hf.tap_enrol('%s', sha256('stranger'), 1)" % rid) == '', 'and later is too late')
    q = enrol()
    r = hf('badge', 'enrol', 'bob', '--reader', 'lobby')
    ok(r.rc == 1 and 'already waiting' in r.err, 'two cannot wait at one reader', r)
    q.terminate()
    q.communicate(timeout=30)
    ok(hf('badge', 'enrol', 'zoe', '--reader', 'lobby').rc == 3, 'an unknown user is exit 3')
    ok(hf('badge', 'enrol', 'ann', '--reader', 'nope').rc == 3, 'an unknown reader too')
    r = hf('badge', 'revoke', badge)
    ok(r.rc == 0 and hfj('badge', 'list')[1][0]['revoked'] is True, 'a badge is revoked', r)
    ok(hf('badge', 'revoke', NOBODY).rc == 3 and hf('badge', 'revoke', 'x').rc == 1, 'an unknown one is exit 3')
    ok(hf('reader', 'revoke', 'lobby').rc == 0 and hf('reader', 'revoke', 'lobby').rc == 3, 'a reader is revoked, once')


def test_jobs():
    now = int(time.time())
    for i in range(5):
        got = release("select hf.job_adopt('00000000-0000-4000-8000-00000000010%d', '%s', 'office', 'application/pdf', %d, %d, %d, 1, 2, 1, "
                      "'\\x0102030405060708', '\\x1112131415161718', sha256('k%d'), sha256('t%d'))"
                      % (i, 'ann' if i < 4 else 'bob', 1000 + i, now + i, now + 3600, i, i))
        if got != 'adopted':
            ok(False, 'a job for the tests', got)
    ids = ['00000000-0000-4000-8000-00000000010%d' % i for i in range(5)]
    pid = hfj('printer', 'list')[1][0]['id']
    r, j = hfj('job', 'list')
    ok(j and [x['id'] for x in j] == ids[::-1], 'jobs are listed, newest first', r)
    ok([x['id'] for x in hfj('job', 'list', '--user', 'bob')[1]] == [ids[4]], 'of one user')
    r = hf('job', 'list', '--limit', '2')
    ok(len(r.out.splitlines()) == 3 and '--limit' in r.err, 'at most as many as asked for, and that is said', r)
    out = release("select attempt, fence from hf.job_claim('ann', '%s', null, null, 1)" % pid).split('|')
    ok([x['state'] for x in hfj('job', 'list', '--state', 'claimed')[1]] == ['claimed'], 'by state')
    r = hf('job', 'cancel', ids[0])
    ok(r.rc == 1 and 'claimed' in r.err, 'a job on its way cannot be cancelled', r)
    release("select hf.job_finish(%s, %s, 'uncertain', 4, 'the printer went away')" % tuple(out))
    x = hfj('job', 'list', '--state', 'uncertain')[1]
    ok(x[0]['printer'] == 'p1' and x[0]['impressions'] == 4 and x[0]['sent'] and 'went away' in x[0]['reason'],
       'an uncertain job shows printer, time and pages', x)
    r = hf('job', 'cancel', ids[0], '--reason', 'the owner asked')
    ok(r.rc == 0, 'an uncertain one can be cancelled', r)
    r, j = hfj('job', 'show', ids[0])
    ok(j and j['state'] == 'cancelled' and j['sides'] == 'two-sided-long-edge' and j['color'] == 'monochrome' and j['reason'] == 'the owner asked',
       'a job is shown', r)
    ok([e['kind'] for e in j['events']] == ['job.held', 'open', 'job.uncertain', 'job.cancelled'] and j['events'][-1]['actor'] == 'root'
       and j['events'][-1]['data']['reason'] == 'the owner asked', 'with everything that happened to it', j['events'])
    ok('job.cancelled' in hf('job', 'show', ids[0]).out, 'also to people')
    ok(hf('job', 'cancel', ids[1]).rc == 0 and release("select state from hf.job_state(array['%s']::uuid[])" % ids[1]) == 'cancelled', 'a held job is cancelled')
    ok(hf('job', 'cancel', ids[1]).rc == 1, 'once')
    ok(hf('job', 'cancel', NOBODY).rc == 3 and hf('job', 'show', NOBODY).rc == 3, 'an unknown job is exit 3')
    ok(hf('job', 'show', "' or 1=1 --").rc == 1, 'what is no id is refused')
    ok(ids[1] not in hf('job', 'list').out and ids[1] in hf('job', 'list', '--all').out, '--all lists the finished ones too')
    ok(hf('job', 'list', '--state', 'printing').rc == 1, 'there is no other state')


def test_service():
    sock = D + '/run/release.sock'
    for args in (['status'], ['key', 'list'], ['key', 'rotate'], ['printer', 'test', 'p1']):
        r = hf(*args)
        ok(r.rc == 5 and 'release service is not running' in r.err, '%s without a release service is exit 5' % ' '.join(args), r)
    ok('jobs held' in hf('status').out, 'status still shows what the database knows')
    r, j = hfj('status')
    ok(r.rc == 5 and j and j['release'] is None and j['database']['people'] == 3, 'as valid JSON', r)
    ready = json.dumps({'ready': True, 'reasons': '', 'name': 'Sim', 'formats': ['application/pdf']}).encode()
    epochs = {'serial': 3, 'epochs': [{'key_id': 'aa' * 8, 'not_before': 1700000000, 'not_after': 1700086400, 'current': True}]}
    s = Release(sock, {0x14: b'\x01\x01\x01', 0x20: b'{"version":"x","printers":[{"name":"p1","attempts":0}]}', 0x21: json.dumps(epochs).encode(),
                       0x22: b'{"serial":4}', 0x24: ready})
    r = hf('status')
    ok(r.rc == 0 and 'jobs held' in r.out and 'p1' in r.out, 'status shows both', r)
    r, j = hfj('status')
    ok(r.rc == 0 and j and j['release']['version'] == 'x', 'also as JSON', r)
    r = hf('key', 'list')
    ok(r.rc == 0 and 'aa' * 8 in r.out and '2023-11-1' in r.out, 'key list shows epochs with their times', r)
    ok(hfj('key', 'list')[1] == epochs, 'and JSON as it is')
    ok(hf('key', 'rotate').rc == 0 and s.asked[-1] == (0x22, b''), 'key rotate asks for it')
    pid = hfj('printer', 'list')[1][0]['id']
    r = hf('printer', 'test', 'p1')
    ok(r.rc == 0 and s.asked[-1] == (0x24, bytes.fromhex(pid.replace('-', ''))), 'printer test asks about the right printer', r)
    s.answers[0x24] = json.dumps({'ready': False, 'reasons': 'media-empty', 'name': 'Sim', 'formats': []}).encode()
    r = hf('printer', 'test', 'p1')
    ok(r.rc == 5 and 'media-empty' in r.err, 'a printer that is not ready is exit 5, in its words', r)
    ok(hf('printer', 'test', 'nope').rc == 3, 'an unknown printer is exit 3')
    s.answers[0x22] = (2, 'only root may')
    ok(hf('key', 'rotate').rc == 4, 'a refusal of the service is exit 4')
    s.answers[0x21] = b'no json'
    r = hf('key', 'list')
    ok(r.rc == 1 and 'JSON' in r.err, 'an answer that is no JSON is an error', r)
    s.stop()


def test_database_away():
    ok(db('status').returncode == 0, 'the database is running')
    ok(db('stop').returncode == 0 and db('status').returncode == 3, 'it is stopped')
    for args in (['user', 'list'], ['job', 'list'], ['migrate']):
        r = hf(*args)
        ok(r.rc == 5 and 'database' in r.err and r.err.count('\n') == 1, '%s without a database is exit 5, in one sentence' % ' '.join(args), r)
    r = hf('doctor')
    ok(r.rc == 6 and re.search(r'warning +the database is away', r.out), 'doctor goes on without one', r)
    ok(db('stop').returncode == 0, 'stopping twice is fine')
    ok(db('start').returncode == 0 and hf('user', 'list').rc == 0, 'started again, everything is there')
    ok(db('start').returncode == 0, 'starting twice is fine')


GOOD_CUPSD = """LogLevel warn
PreserveJobHistory No
PreserveJobFiles No
<Policy default>
  <Limit Create-Job Print-Job>
    AuthType Default
    Require valid-user
  </Limit>
  <Limit CUPS-Get-Document>
    AuthType Default
    Require user @SYSTEM
  </Limit>
</Policy>
"""


def test_doctor():
    cups = T + '/cups'
    for d in ('', '/spool/tmp', '/bin/backend', '/bin/filter'):
        os.makedirs(cups + d, exist_ok=True)

    def put(name, text, mode=0o644):
        with open(cups + '/' + name, 'w') as f:
            f.write(text)
        os.chmod(cups + '/' + name, mode)
    put('cups-files.conf', 'RequestRoot %s/spool\nServerBin %s/bin\n' % (cups, cups))
    put('cupsd.conf', GOOD_CUPSD)
    put('printers.conf', '<Printer q>\nDeviceURI holdfast:/office\n</Printer>\n')
    put('bin/backend/holdfast', '', 0o700)
    put('bin/filter/hfframe', '', 0o755)
    r = hf('doctor')
    ok(r.rc == 6, 'doctor found something: exit 6', r)
    lines = r.out.splitlines()
    ok(all(re.match(r'(ok|warning) +\S', x) for x in lines[:-1]), 'one line each: ok or warning', r)

    def says(pattern, level='warning'):
        return re.search(r'^%s +.*%s' % (level, pattern), hf('doctor').out, re.M)
    for what in ('files in .* have their owners', 'system user of its own', 'key list 1 is signed', "this host's key is known", 'certificate is good',
                 'the database answers', 'the schema is at migration', 'no more; events', 'printer p1 answers with its registered key',
                 'nobody fetches', 'cupsd knows who prints', "cupsd's log has no titles", 'drops a document', "the backend is root's alone",
                 'CUPS queue q prints to queue office'):
        ok(re.search(r'^ok +.*' + what, r.out, re.M), 'fine: ' + what, r.out)
    ok(re.search(r'^warning +printer p4 releases to a card number alone, by waiver of root: open office', r.out, re.M), 'the waiver is shown', r.out)
    ok(re.search(r'^warning +.*release service is not running', r.out, re.M), 'the missing release service', r.out)
    ok(re.search(r'^warning +holdfastd at .* not reachable', r.out, re.M), 'the missing web service', r.out)

    def spoilt(path, mode, pattern):
        was = stat.S_IMODE(os.lstat(path).st_mode)
        os.chmod(path, mode)
        got = says(pattern)
        os.chmod(path, was)
        ok(got, 'found: %s with mode %04o' % (path.replace(T, ''), mode), hf('doctor').out)
    spoilt(D + '/keys/master.key', 0o640, 'keys/master.key must be')
    spoilt(D + '/spool/held', 0o755, 'spool/held must be')
    spoilt(D + '/tls/server.key', 0o644, 'tls/server.key must be')
    spoilt(cups + '/bin/backend/holdfast', 0o755, 'mode 0755: CUPS would refuse')

    def with_cupsd(change, pattern, name):
        put('cupsd.conf', change(GOOD_CUPSD))
        ok(says(pattern), 'found: ' + name, hf('doctor').out)
        put('cupsd.conf', GOOD_CUPSD)
    with_cupsd(lambda c: c.replace('CUPS-Get-Document', 'Purge-Jobs'), 'anybody fetch waiting documents', 'CUPS-Get-Document without a limit')
    with_cupsd(lambda c: c.replace('Require user @SYSTEM', 'Require valid-user'), 'anybody fetch waiting documents', 'CUPS-Get-Document for any user')
    with_cupsd(lambda c: c.replace('AuthType Default\n    Require valid-user', 'Order deny,allow'), 'anybody print in any name', 'Create-Job without authentication')
    with_cupsd(lambda c: c.replace('LogLevel warn', 'LogLevel debug2'), 'logs titles', 'LogLevel debug')
    with_cupsd(lambda c: c.replace('PreserveJobFiles No', ''), 'keeps documents after', 'PreserveJobFiles as CUPS has it')
    put('printers.conf', '<Printer q>\nDeviceURI holdfast:/nowhere\nErrorPolicy abort-job\n</Printer>\n')
    ok(says('queue nowhere, which there is not') and says('throws a job away'), 'found: a CUPS queue to nowhere, and abort-job')
    m = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m,noswap', 'hf', cups + '/spool'], stderr=subprocess.PIPE)
    if m.returncode == 0:
        os.mkdir(cups + '/spool/tmp')
        got = says('spool .* is in memory', 'ok')
        subprocess.run(['umount', cups + '/spool'], check=True)
        ok(got, 'a spool in memory is fine', m.stderr)
    else:
        ok(True, 'a spool in memory is fine # SKIP no tmpfs can be mounted here')
    os.rename(D + '/keys/keylist', D + '/keys/keylist.away')
    ok(says('key list: '), 'found: no key list')
    os.rename(D + '/keys/keylist.away', D + '/keys/keylist')
    whole = open(D + '/keys/keylist', 'rb').read()
    with open(D + '/keys/keylist', 'r+b') as f:
        f.seek(30)
        f.write(bytes([whole[30] ^ 1]))
    ok(says('key list: '), 'found: a key list that this site did not sign')
    with open(D + '/keys/keylist', 'r+b') as f:
        f.write(whole)
    sql('hf_owner', 'grant select on hf.job to hf_web')
    ok(says('hf_web may read table job'), 'found: a grant too many')
    sql('hf_owner', 'revoke select on hf.job from hf_web')
    sql('hf_owner', 'alter table hf.event disable trigger event_append_only')
    ok(says('event table can be edited'), 'found: events that can be edited')
    sql('hf_owner', 'alter table hf.event enable trigger event_append_only')
    # Another key at the same address: a printer that was replaced, or somebody in between.
    printer.stop_printer()
    ok(says('printer p1: not reachable'), 'found: a printer that is away')
    shutil.rmtree(printer.where + '/keys')
    os.makedirs(printer.where + '/keys')
    printer.start()
    ok(says('printer p1: it shows another key'), 'found: a printer with another key')
    r, j = hfj('doctor')
    ok(r.rc == 6 and isinstance(j, list) and all(x['level'] in ('ok', 'warning') and x['what'] for x in j), 'doctor as JSON', r)


def test_secrets():
    master = open(D + '/keys/master.key', 'rb').read()
    host = open(D + '/keys/host.key').read().split()
    key = [x for x in open(D + '/tls/server.key').read().split('\n') if x and '-' not in x]
    everything = '\n'.join(said)
    forms = [master.hex(), base64.b64encode(master).decode().rstrip('=')] + host + key
    ok(len(everything) > 20000 and not any(f in everything for f in forms), 'nothing that was ever printed holds a key')
    ok('sha256//' in everything, 'while what is public was printed')
    conf = ''.join(open(D + '/etc/' + f).read() for f in os.listdir(D + '/etc'))
    ok(not any(f in conf for f in forms) and 'password' not in conf, 'nor does a configuration file')
    log = open(D + '/log/db.log').read()
    ok('STATEMENT' not in log, "and the database's log has no statements")


try:
    for t in (test_init, test_usage_and_manual, test_migrate, test_people, test_printers, test_readers_and_badges, test_jobs,
              test_service, test_database_away, test_doctor, test_secrets):
        t()
finally:
    if printer:
        printer.stop()
    if os.path.isdir(D + '/db'):
        db('stop')
    shutil.rmtree(T, ignore_errors=True)
print('1..%d' % count)
sys.exit(failed != 0)
