#!/usr/bin/python3
"""hf-deliver against a simulated printer (with and without Hold-Job) and against ippeveprinter: what is
sent and when, what people are told, what hostile answers do.  doc/release-protocol.md, doc/messages.md."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, (os.environ.get('HF_ROOT') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))) +
                '/tests/sim')
from deliverkit import *  # noqa: E402


# ------------------------------------------------------------ how it should be

@both
def a_document_arrives_byte_for_byte(mode):
    with Bench(mode, '--keep', plain=True) as b:
        for size in (1, 65535, 65536, 65537, 1 << 20, 3000000):
            a, token, sha = b.go(size)
            m = b.d.finish(a)
            job = b.sim.job(token)[0]
            ok(m['outcome'] == 'delivered' and job['sha256'] == sha and job['bytes'] == size,
               '%s: %d bytes arrive as they were' % (mode, size), m, job)
            ok(b.d.steps(a) == ['created', last(mode)], '%s: created, then %s' % (mode, last(mode)), b.d.steps(a))
        ok(len(b.sim.pages(token)) == m['impressions'] == 46, '%s: each page printed once, and counted' % mode, m)
        b.row(uri=b.sim.plain_uri, pin='', plain=True)
        a, token, sha = b.go(100000)
        ok(b.d.finish(a)['outcome'] == 'delivered' and b.sim.job(token)[0]['sha256'] == sha,
           '%s: the same over plain ipp where it is allowed' % mode)


@both
def no_byte_before_the_queue_agrees(mode):
    with Bench(mode) as b:
        b.d.answer = lambda m: None if m['to'] == 'created' else True
        a, token, sha = b.go(500000)
        b.d.wait(lambda m: m['type'] == ADVANCE, seen=0)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            b.d.pump(0.1)
        ok(b.sim.job(token)[0]['bytes'] == 0 and 'Send-Document' not in b.sim.ops(),
           '%s: not one byte of the document before ADVANCED' % mode, b.sim.state())
        b.d.advanced(a, True)
        ok(b.d.finish(a)['outcome'] == 'delivered', '%s: and then all of it' % mode)
        a, token, sha = b.go(500000)
        b.d.wait(lambda m: m['type'] == ADVANCE and m['attempt'] == a, seen=0)
        b.d.advanced(a, False)
        b.until(lambda s: b.sim.job(token)[0]['state'] == 7)
        ok(b.sim.job(token)[0]['bytes'] == 0 and not b.sim.pages(token),
           '%s: an attempt that is no longer ours is cancelled at the printer' % mode)
        b.d.answer = lambda m: True
        a2, token, sha = b.go()
        ok(b.d.finish(a2)['outcome'] == 'delivered' and not [m for m in b.d.log if m['type'] == FINISH and
                                                             m['attempt'] == a],
           '%s: and says nothing more' % mode)


@test
def a_taken_over_release_prints_nothing():
    with Bench('held-commit') as b:
        b.d.answer = lambda m: m['to'] == 'created'
        a, token, sha = b.go()
        b.until(lambda s: b.sim.job(token) and b.sim.job(token)[0]['state'] == 7)
        ok(b.sim.job(token)[0]['whole'] and not b.sim.pages(), 'refused at releasing: the held job is cancelled unprinted')


@test
def the_printer_learns_no_names():
    with Bench('held-commit') as b:
        a, token, sha = b.go(copies=3, sides=2, color=1, media='iso_a4_210x297mm',
                             options=(('finishings', 'staple'), ('print-quality', '5'), ('page-ranges', '1-2,5-'),
                                      ('output-bin', 'face-down'), ('orientation-requested', 'landscape')))
        m = b.d.finish(a)
        j = b.sim.job(token)[0]['attrs']
        ok(j['requesting-user-name'] == ['holdfast'] and j['job-name'] == ['HF-' + token], 'neither user nor title', j)
        ok((j.get('copies'), j.get('sides'), j.get('print-color-mode'), j.get('media')) ==
           ([3], ['two-sided-long-edge'], ['monochrome'], ['iso_a4_210x297mm']), 'copies, sides, colour and media', j)
        ok((j.get('finishings'), j.get('print-quality'), j.get('page-ranges'), j.get('output-bin')) ==
           ([4], [5], [[1, 2], [5, 2147483647]], ['face-down']), 'and the other options', j)
        ok('orientation-requested' not in j and 'orientation-requested' in m['text'],
           'what the printer cannot do is left out and said', m)
        a, token, sha = b.go(copies=500, media='jis_b0_1030x1456mm')
        m = b.d.finish(a)
        j = b.sim.job(token)[0]['attrs']
        ok(j.get('copies') == [99] and 'media' not in j and '500 copies' in m['text'] and 'jis_b0' in m['text'],
           'as many copies as it can, and the rest said', m, j)
        a, token, sha = b.go(media='iso_a4_210x297mm', options=(('media-type', 'labels'),))
        b.d.finish(a)
        j = b.sim.job(token)[0]['attrs']
        ok('media-col' in j and 'media' not in j, 'a media type makes a media-col', j)


@both
def ten_in_order_over_one_connection(mode):
    with Bench(mode) as b:
        b.d.probe()
        ids = [b.go(70000) for _ in range(10)]
        ends = [b.d.finish(a) for a, _, _ in ids]
        names = [e['name'] for e in b.sim.ledger() if e['ev'] == 'op' and e['op'] == 'Send-Document']
        ok([m['outcome'] for m in ends] == ['delivered'] * 10, '%s: ten documents' % mode, ends)
        ok(names == ['HF-' + t for _, t, _ in ids], '%s: sent in the order they came' % mode, names)
        ok(b.sim.state()['connections'] == 1, '%s: over one connection' % mode, b.sim.state()['connections'])


@both
def printers_speak_http_in_many_ways(mode):
    with Bench(mode) as b:
        for style in ('close', 'chunked', 'eof', 'keep'):
            b.sim.cmd('set http ' + style)
            ends = [(b.d.finish(a), sha, b.sim.job(token)[0]) for a, token, sha in [b.go(150000) for _ in range(2)]]
            ok(all(m['outcome'] == 'delivered' and j['sha256'] == sha for m, sha, j in ends),
               '%s: answers framed by "%s"' % (mode, style), ends)


# ---------------------------------------------------- refused before anything is sent

def refused(b, what, want, outcome='held', sent=('Create-Job', 'Send-Document'), **kw):
    a, token, sha = b.go(**kw)
    m = b.d.finish(a, 30)
    ok(m['outcome'] == outcome and re.search(want, m['text']), '%s: %s' % (what, m['text']), m)
    ok(not set(sent) & set(b.sim.ops()) and not b.sim.pages(), '%s: nothing was sent' % what, b.sim.ops())
    return m


@test
def a_printer_that_cannot_print_is_refused():
    with Bench('held-commit') as b:
        for command, want in (
                ('stop media-empty', 'printer is out of paper'), ('reasons media-empty-error', 'printer is out of paper'),
                ('stop media-jam-error', 'printer has a paper jam'), ('reasons cover-open', 'printer has an open cover'),
                ('reasons toner-empty-error,media-low', 'printer is out of toner'), ('stop paused', 'printer is paused'),
                ('stop strange-new-thing-error', 'printer reports strange-new-thing'), ('stop none', 'printer is stopped'),
                ('set accepting 0', 'printer takes no jobs')):
            b.sim.cmd(command)
            m = b.d.probe()
            ok(not m['ready'] and m['text'] == want and m['json']['ready'] is False, 'PROBE says: %s' % m['text'], m)
            refused(b, command, want)
            b.sim.cmd('start')
            b.sim.cmd('set accepting 1')
        b.sim.cmd('reasons media-low,toner-low-warning,media-empty-report')
        ok(b.d.probe()['ready'], 'a warning does not keep anybody from printing')
        a, token, sha = b.go()
        ok(b.d.finish(a)['outcome'] == 'delivered', 'and it prints')


@both
def a_format_the_printer_does_not_take(mode):
    with Bench(mode) as b:
        refused(b, '%s: format not listed' % mode, '^printer p3 does not take application/postscript$',
                format='application/postscript')
        b.sim.cmd('fault status op=Validate-Job code=0x040a')
        refused(b, '%s: format refused by Validate-Job' % mode, '^printer p3 does not take application/pdf$')


@test
def the_key_is_what_counts():
    with Bench('plain') as b:
        b.sim.cmd('key new')
        b.sim.cmd('close')
        m = b.d.probe()
        ok(not m['ready'] and m['text'] == 'printer p3 shows another key than the one registered', m['text'], m)
        refused(b, 'changed key', '^printer p3 shows another key than the one registered$',
                sent=('Get-Printer-Attributes', 'Validate-Job', 'Create-Job'))
        b.sim.cmd('key expired')
        m = b.d.probe()
        ok(m['ready'] and m['json']['certificate_expired'], 'the same key under an ended certificate is still the printer', m)
        b.row(pin='')
        refused(b, 'no pin', 'printer p3 has no registered key', sent=('Create-Job',))
        b.row(pin='sha256//' + 'A' * 43 + '=;' + b.sim.pin)
        ok(b.d.probe()['ready'], 'one of two pins is enough (roll-over)')
        b.row(uuid='urn:uuid:00000000-0000-4000-8000-000000000000')
        refused(b, 'other device', 'printer p3 is another device than the one registered')


@test
def plain_ipp_only_where_allowed():
    with Bench('plain', plain=True) as b:
        b.row(uri=b.sim.plain_uri, plain=False)
        refused(b, 'plain ipp', 'plain ipp is not allowed', sent=('Get-Printer-Attributes', 'Create-Job'))
        for uri in ('http://localhost/', 'ipps://localhost:99999/', 'ipps://user@localhost/', 'ipps://loc alhost/', 'ipp:'):
            b.row(uri=uri, plain=True)
            m = b.d.probe()
            ok(not m['ready'] and 'is not a printer\'s address' in m['text'], 'not an address: %s' % uri, m)
        b.row(uri='ipps://no-such-host.invalid/ipp/print')
        m = b.d.probe(40)
        ok(not m['ready'] and m['text'] == 'printer p3 has an unknown host name', m['text'], m)
        b.row(uri='ipps://127.0.0.1:1/ipp/print')
        refused(b, 'nobody there', '^printer p3 does not answer$', sent=('Create-Job',))
        b.row(uri=b.sim.plain_uri, pin='', plain=False)
        b.row(uri=b.sim.uri.replace('ipps', 'ipp').replace('localhost', '127.0.0.1'), plain=True)
        m = b.d.probe(40)
        ok(not m['ready'], 'a TLS port spoken to in clear is no printer: %s' % m['text'], m)
        b.row(uri=b.sim.plain_uri.replace('ipp:', 'ipps:'))
        m = b.d.probe(40)
        ok(not m['ready'], 'nor a clear port in TLS: %s' % m['text'], m)


@both
def a_damaged_document_is_found_before_anything_is_sent(mode):
    with Bench(mode) as b:
        size = os.path.getsize(b.doc(200000)[0])
        first = 28 + 200 + 24

        def damage(what, fn):
            path, key, sha = b.doc(200000)
            with open(path, 'r+b') as f:
                fn(f)
            a = b.d.deliver(path, key)
            m = b.d.finish(a)
            ok(m['outcome'] == 'damaged' and m['text'] == 'the stored document is damaged', '%s: %s' % (mode, what), m)

        def flip(at):
            def fn(f):
                f.seek(at)
                c = f.read(1)
                f.seek(at)
                f.write(bytes([c[0] ^ 1]))
            return fn

        def swap(f):
            f.seek(first)
            one, two = f.read(65553), f.read(65553)
            f.seek(first)
            f.write(two + one)
        for at in (0, 40, 240, first, first + 65553 + 5, size - 141):
            damage('byte %d changed' % at, flip(at))
        damage('cut in the last chunk', lambda f: f.truncate(size - 200))
        damage('cut to the header', lambda f: f.truncate(100))
        damage('bytes added', lambda f: (f.seek(0, 2), f.write(b'more')))
        damage('two chunks exchanged', swap)
        path, key, sha = b.doc(1000)
        a = b.d.deliver(path, os.urandom(32))
        ok(b.d.finish(a)['outcome'] == 'damaged', '%s: another document\'s key' % mode)
        ok(b.sim.ops() == [], '%s: the printer heard nothing of it' % mode, b.sim.ops())


@test
def a_key_for_another_process_opens_nothing():
    with Bench('plain') as b:
        path, key, sha = b.doc(1000)
        b.d.pk, mine = os.urandom(32), b.d.pk
        a = b.d.deliver(path, key)
        m = b.d.finish(a)
        ok(m['outcome'] == 'held' and b.sim.ops() == [], 'held: %s' % m['text'], m)


# ------------------------------------------------------------ busy, stopped, slow

@both
def a_busy_printer_is_waited_for_in_order(mode):
    with Bench(mode, '--queue', '1', '--pages-per-second', '8') as b:
        ids = [b.go(300000) for _ in range(3)]
        ends = [b.d.finish(a) for a, _, _ in ids]
        ok([m['outcome'] for m in ends] == ['delivered'] * 3, '%s: each is delivered' % mode, ends)
        ok(any(m['type'] == PROGRESS and m['text'] == 'printer is busy' for m in b.d.log),
           '%s: and its owner told why it takes time' % mode)
        order = [e['name'] for e in b.sim.ledger() if e['ev'] == 'done']
        ok(order == ['HF-' + t for _, t, _ in ids], '%s: in order' % mode, order)
        ok(all(len(b.sim.pages(t)) == 5 for _, t, _ in ids), '%s: no page twice' % mode)


@both
def a_jam_in_the_middle_is_waited_out(mode):
    with Bench(mode, '--pages-per-second', '50') as b:
        b.sim.cmd('jam 3')
        a, token, sha = b.go(400000)
        m = b.d.wait(lambda m: m['type'] == PROGRESS and m['text'] == 'printer has a paper jam', 15)
        ok(m['impressions'] == 2, '%s: "%s", 2 pages out' % (mode, m['text']), m)
        beats = [m for m in b.d.log if m['type'] == PROGRESS and m['attempt'] == a]
        ok([m['beat'] for m in beats] == list(range(1, len(beats) + 1)) and
           all(y['at'] - x['at'] < 1.3 for x, y in zip(beats, beats[1:])), '%s: a heartbeat every second' % mode)
        b.sim.cmd('start')
        ok(b.d.finish(a)['outcome'] == 'delivered' and len(b.sim.pages(token)) == 7, '%s: after repair delivered, once' % mode)


@test
def a_printer_that_stops_reading_is_asked_why():
    with Bench('plain', '--pages-per-second', '100') as b:
        b.sim.cmd('jam 2')
        a, token, sha = b.go(8 << 20)
        b.d.wait(lambda m: m['type'] == PROGRESS and m['text'] == 'printer has a paper jam', 15)
        ok('sent' not in b.d.steps(a), 'in the middle of the document')
        start = time.monotonic()
        ok(b.d.probe()['text'] == 'printer has a paper jam' and time.monotonic() - start < 2,
           'PROBE is answered meanwhile, over another connection')
        b.sim.cmd('start')
        m = b.d.finish(a, 40)
        ok(m['outcome'] == 'delivered' and b.sim.job(token)[0]['sha256'] == sha, 'then it takes the rest', m)


@test
def a_slow_printer_is_slow():
    with Bench('plain') as b:
        b.sim.cmd('fault drain op=Send-Document rate=40000 times=1')
        a, token, sha = b.go(150000)
        b.d.wait(lambda m: m['type'] == PROGRESS and m['text'] == 'sending', 10)
        start = time.monotonic()
        ok(b.d.probe()['ready'] and time.monotonic() - start < 2, 'PROBE answered while it drains 40 KB/s')
        m = b.d.finish(a, 30)
        ok(m['outcome'] == 'delivered' and b.sim.job(token)[0]['sha256'] == sha, 'and the document arrives', m)


# ------------------------------------------------------------ hostile answers

@test
def hostile_answers():
    with Bench('plain') as b:
        for fault, want in (('giant bytes=40000', None), ('giant bytes=400000', 'bad answer'), ('deep levels=4', None),
                            ('deep levels=20000', 'bad answer'), ('negative', None), ('wrong-id', 'bad answer'),
                            ('charset name=utf-7', 'bad answer'), ('half', 'bad answer'), ('garbage', 'bad answer'),
                            ('cut at=40', 'broke the connection off'), ('http code=301 location=http://x/', 'elsewhere'),
                            ('http code=401', 'login'), ('http code=999', 'HTTP 999'), ('type name=text/html', 'IPP'),
                            ('status code=0x0400', 'tells nothing'), ('drop', 'broke the connection off')):
            b.sim.cmd('fault %s op=Get-Printer-Attributes' % fault)
            m = b.d.probe()
            ok(m['ready'] if want is None else not m['ready'] and want in m['text'], '%s: %s' % (fault, m['text'] or 'fine'), m)
            b.sim.cmd('clear')
        for fault in ('giant bytes=400000', 'deep levels=20000', 'wrong-id', 'half', 'garbage', 'charset name=utf-7', 'cut at=99'):
            b.sim.cmd('fault %s op=Get-Job-Attributes times=3' % fault)
            a, token, sha = b.go()
            m = b.d.finish(a, 30)
            ok(m['outcome'] == 'delivered' and len(b.sim.pages(token)) == 4, 'while watching: %s: seen through' % fault, m)
            b.sim.cmd('clear')
        b.sim.cmd('fault negative')
        a, token, sha = b.go(copies=2)
        m = b.d.finish(a, 30)
        ok(m['outcome'] in ('delivered', 'uncertain') and b.d.proc.poll() is None, 'negative numbers everywhere: %s' % m['outcome'], m)
        if not ASAN:
            ok(b.d.peak_kib() <= 10240, 'within 10 MiB all the same (%d KiB)' % b.d.peak_kib())


@test
def silence_has_an_end():
    with Bench('plain') as b:
        b.sim.cmd('fault mute op=Validate-Job times=1')
        b.sim.cmd('fault slow rate=1 op=Get-Printer-Attributes times=1')
        start = time.monotonic()
        seq = b.d.send(PROBE)
        a, token, sha = b.go()
        m = b.d.finish(a, 40)
        ok(m['outcome'] == 'held' and m['text'] == 'printer p3 gives no answer' and 14 < time.monotonic() - start < 19,
           'no answer to Validate-Job: held after 15 s', m)
        m = b.d.wait(lambda m: m['type'] == STATE and m['seq'] == seq, 20, seen=0)
        ok(not m['ready'] and m['text'] == 'printer p3 gives no answer', 'one byte a second is no answer either', m)
        a, token, sha = b.go()
        ok(b.d.finish(a)['outcome'] == 'delivered', 'and the next document is fine')


# ------------------------------------------------------------ ending

@both
def the_end_of_the_queue_role(mode):
    with Bench(mode, '--pages-per-second', '5') as b:
        b.sim.cmd('fault drain op=Send-Document rate=100000 times=1')
        a, token, sha = b.go(1 << 20)
        waiting = b.go()
        b.until(lambda s: b.sim.job(token) and b.sim.job(token)[0]['bytes'] > 100000)
        code = b.d.close()
        ok(code == 0, '%s: ends by itself when the queue is gone' % mode, code)
        b.until(lambda s: b.sim.job(token)[0]['state'] >= 7)
        ok(b.sim.job(token)[0]['state'] in (7, 8) and not b.sim.job(waiting[1]),
           '%s: what it was sending is cancelled, what waited not begun' % mode, b.sim.state())
        b.start()
        b.sim.cmd('jam 1')
        a, token, sha = b.go()
        b.d.wait(lambda m: m['type'] == ADVANCE and m['to'] == last(mode), 20, seen=0)
        b.until(lambda s: b.sim.job(token)[0]['state'] == 6)
        ok(b.d.close() == 0 and b.sim.job(token)[0]['state'] == 6, '%s: what the printer owns is left to it' % mode)


@test
def stop_finishes_what_runs():
    with Bench('plain') as b:
        b.sim.cmd('fault drain op=Send-Document rate=200000 times=1')
        a, token, sha = b.go(200000)
        b2, t2, _ = b.go()
        b.until(lambda s: b.sim.job(token) and b.sim.job(token)[0]['bytes'] > 10000)
        b.d.send(STOP)
        m2, m = b.d.finish(b2), b.d.finish(a)
        ok(m['outcome'] == 'delivered' and m2['outcome'] == 'held' and 'stopping' in m2['text'],
           'STOP: the one under way is delivered, the other held', m, m2)
        ok(b.d.proc.wait(10) == 0, 'and it exits')
        b.d.sock.close()
        b.d = None


@test
def rubbish_from_the_queue_ends_it():
    for what, send in (('an unknown type', lambda d: d.send(0x77)), ('a cut PRINTER', lambda d: d.send(PRINTER, b'short')),
                       ('DELIVER without a descriptor', lambda d: d.send(DELIVER, b'')), ('bytes left over', lambda d: d.send(PROBE, b'x'))):
        with Bench('plain') as b:
            send(b.d)
            ok(b.d.proc.wait(15) == 0, '%s: it ends' % what)
            b.d.sock.close()
            b.d = None
    p = subprocess.run([BINARY], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, close_fds=True)
    ok(p.returncode != 0 and b'root' in p.stderr if os.getuid() == 0 else p.returncode != 0, 'it refuses to run as root', p)


# ------------------------------------------------------------ size

@both
def memory_whatever_the_size(mode):
    with Bench(mode) as b:
        a, token, sha = b.go(1000)
        b.d.finish(a)
        small = b.d.peak_kib()
        a, token, sha = b.go((64 if ASAN else 256) << 20)
        m = b.d.finish(a, 120)
        large = b.d.peak_kib()
        ok(m['outcome'] == 'delivered' and b.sim.job(token)[0]['sha256'] == sha, '%s: a large document arrives as it was' % mode, m)
        if not ASAN:
            ok(large <= 10240, '%s: peak resident %d KiB (small document: %d KiB), at most 10 MiB' % (mode, large, small))
        with open('/proc/%d/status' % b.d.proc.pid) as f:
            status = f.read()
        ok('Seccomp:\t2' in status and 'NoNewPrivs:\t1' in status and 'CapEff:\t0000000000000000' in status,
           '%s: no capabilities, no-new-privs, a system call filter' % mode, status)


# ------------------------------------------------------------ the printer we did not write

@test
def ippeveprinter():
    if not shutil.which('ippeveprinter') or not shutil.which('dbus-daemon'):
        print('# ippeveprinter is not installed: not tried')
        return
    import socket
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    d = tempfile.mkdtemp(dir=T)
    os.chmod(d, 0o711)

    def sh(line):
        return subprocess.run(['sh', '-c', '. %s/tests/sim/ippeve.sh; %s' % (ROOT, line)], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()
    helpers.append(lambda: sh('ippeve_stop %s' % d))
    sh('ippeve_start %s %d p9' % (d, port))
    pin = sh('ippeve_pin %s' % d)
    dv = Deliver(BINARY, stderr=LOG)
    living.append(dv.proc)
    try:
        dv.printer('p9', 'ipps://localhost:%d/ipp/print' % port, pin)
        m = dv.probe()
        ok(m['ready'] and not m['held_commit'] and 'application/pdf' in m['json']['formats'], 'ippeveprinter: ready, plain mode', m)
        shas = []
        ids = []
        for n in (1000, 300000, 3000000):
            body = b'%PDF-1.4\n' + b'1 0 obj << /Type /Page >>\n' * 3 + os.urandom(n)
            path = d + '/doc%d' % n
            key, sha = seal(path, body)
            shas.append(sha)
            ids.append(dv.deliver(path, key, sides=2, copies=1, media='iso_a4_210x297mm'))
        ends = [dv.finish(a, 40) for a in ids]
        ok([m['outcome'] for m in ends] == ['delivered'] * 3, 'ippeveprinter: three documents, one after the other', ends)
        got = [hashlib.sha256(open(p, 'rb').read()).hexdigest() for p in sh('ippeve_received %s' % d).split('\n')
               if p.endswith('.pdf')]
        ok(got == shas, 'ippeveprinter: received byte for byte', got, shas)
        sh('ippeve_paper %s %d 0' % (d, port))
        m = dv.probe()
        ok(not m['ready'] and m['text'] == 'printer is out of paper', 'ippeveprinter: %s' % m['text'], m)
        a = dv.deliver(path, key)
        m = dv.finish(a)
        ok(m['outcome'] == 'held' and m['text'] == 'printer is out of paper', 'ippeveprinter: refused before anything is sent', m)
        sh('ippeve_paper %s %d 250' % (d, port))
        ok(dv.probe()['ready'], 'ippeveprinter: filled again')
        a = dv.deliver(path, key, format='image/urf')
        m = dv.finish(a)
        ok(m['outcome'] == 'held' and 'does not take image/urf' in m['text'], 'ippeveprinter: %s' % m['text'], m)
        dv.answer = lambda m: None
        a = dv.deliver(path, key)
        m = dv.wait(lambda m: m['type'] == ADVANCE, seen=len(dv.log))
        sh('ippeve_stop %s' % d)
        dv.advanced(a, True)
        m = dv.finish(a, 60)
        ok(m['outcome'] == 'held' and m['text'] == 'printer p9 does not answer',
           'ippeveprinter killed after Create-Job, before the first byte: held', m)
    finally:
        dv.close()


main()
