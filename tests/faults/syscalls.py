"""Something goes wrong at exactly the n-th system call, for every n (tests/sim/faultat); see syscalls.t.

    intake     the backend's worker and its parent are killed before each of their system calls; then each of the
               worker's fails, or memory or descriptors run out, or reads and writes are short: whatever it says, it does
               not crash, and what it says is true
    adoption   role queue, from a file in incoming/ to the row that says held: killed at each call, and each call failing
    release    role queue and the deliver process, from the tap to delivered, in both modes: killed at each call

POINTS: how many points of each of the slow parts (adoption, release); 0 is every one.
"""
import concurrent.futures
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import *  # noqa: E402,F403
import bench  # noqa: E402
import kills  # noqa: E402

POINTS = int(os.environ.get('POINTS') or 2)
SEED = kills.SEED
FAULTAT = BUILD + '/tests/sim/faultat'
CANARY = kills.CANARY
TRUE = (0, 3, 4, 7)             # what the backend may say of a fault that is not the job's: done, kept, stopped, later
rng = random.Random('%d syscalls' % SEED)


def watch(args, **kw):
    return subprocess.Popen([FAULTAT] + args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, **kw)


# ---- intake -------------------------------------------------------------------------------------------------------

class Intake:
    def __init__(self, who):
        self.who = who
        self.lock = threading.Lock()
        self.promised, self.paths = [], {}
        conf = open(S + '/etc/intake.conf').read()
        self.conf = S + '/etc/intake-faults.conf'
        with open(self.conf, 'w') as f:
            f.write('\n'.join(line for line in conf.split('\n') if not line.startswith('wait_seconds')) + '\nwait_seconds = 1\n')
        for size in (900, 200000) if POINTS == 0 else (900,):
            self.paths[size] = '%s/doc-%d' % (S, size)
            with open(self.paths[size], 'wb') as f:
                f.write(b'%PDF-1.4\n% ' + CANARY + b'\n' + rng.randbytes(size) + b'\n%%EOF\n')

    def number(self):
        with say_lock:
            serial[0] += 1
            return serial[0]

    def run(self, number, size, fault=None):
        """(exit code, was the fault reached, system calls) of one run of the backend."""
        cmd = [S + '/sw/usr/lib/cups/backend/holdfast', str(number), self.who, 'title', '1',
               'job-uuid=urn:uuid:%08x-0000-4000-8000-000000000000 time-at-creation=%d' % (number, 1700000000 + number),
               self.paths[size]]
        env = dict(os.environ, HOLDFAST_INTAKE_CONF=self.conf, DEVICE_URI='holdfast:/office', CONTENT_TYPE='application/pdf')
        p = subprocess.run([FAULTAT] + (fault or ['-n', '0', 'kill']) + cmd, env=env, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if CANARY in p.stderr or b'ERROR: AddressSanitizer' in p.stderr:
            kills.wrong('intake: document bytes or a crash in what the backend says: %r' % p.stderr[:300])
        count, hit, status = map(int, p.stdout.split()[-3:])
        return status, hit >= 0, count

    def point(self, who, size, n, fault, allowed):
        """One fault; then, as cupsd does, again until it is done."""
        number = self.number()
        status, reached, _ = self.run(number, size, ['-w', who, '-n', str(n)] + fault)
        if status not in allowed:
            kills.wrong('intake: %s at call %d of the %s, %d bytes: exit status %d' % (' '.join(fault), n, who, size, status))
        tries = 0
        while status != 0 and tries < 3:
            status, _, _ = self.run(number, size)
            tries += 1
        if status:
            kills.wrong('intake: %s at call %d of the %s: then %d again and again' % (' '.join(fault), n, who, status))
        with self.lock:
            self.promised.append(number)
        return reached, tries

    def sweep(self, what, who, fault, allowed):
        total = again = 0
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            for size in self.paths:
                count = self.run(self.number(), size, ['-w', who, '-n', '0'] + fault)[2]
                for reached, tries in pool.map(lambda n: self.point(who, size, n, fault, allowed), range(1, count + 1)):
                    total += reached
                    again += tries > 0
        note('intake, %s, %s: %d points, cupsd ran %d of them again' % (who, what, total, again))
        return total

    def go(self):
        points = self.sweep('killed', 'worker', ['kill'], (3, 0)) + self.sweep('killed', 'parent', ['kill'], (-9,))
        ok(points > 100 and not kills.bad, 'intake: killed at every one of %d system calls' % points, *kills.bad)
        points, before = 0, len(kills.bad)
        for what, fault in (('input/output error', ['EIO']), ('disk full', ['ENOSPC']), ('interrupted', ['EINTR']),
                            ('no memory', ['-c', 'mmap,brk,mremap', 'ENOMEM']), ('no descriptor', ['-c', 'openat', 'EMFILE']),
                            ('half of it', ['short'])):
            points += self.sweep(what, 'worker', fault, TRUE)
        points += self.sweep('input/output error', 'parent', ['-l', 'EIO'], TRUE)
        ok(points > 100 and len(kills.bad) == before, 'intake: %d system calls failed: no crash, no untrue exit code' % points,
           *kills.bad[before:])
        until('adoption of all', 60, lambda: not os.listdir(S + '/spool/incoming'))
        rows = {int(n): int(c) for n, c in db.rows('select cups_job, count(*) from job group by cups_job')}
        lost = [n for n in self.promised if rows.get(n, 0) == 0]
        twice = [n for n in self.promised if rows.get(n, 0) > 1]
        ok(not lost and not twice, 'intake: %d documents promised: none lost, none doubled' % len(self.promised), lost, twice)
        ok(not kills.readable(), 'intake: no readable byte at rest', kills.readable())
        db.rows("select job_cancel(id, 'test', '') from job where owner = '%s' and state = 'held'" % self.who)


# ---- adoption and release -----------------------------------------------------------------------------------------

class Roles:
    def __init__(self, where):
        self.where = where
        self.release = kills.Release(where, 0, kills.Intake([st.name for st in where], 0))
        self.service = self.release.service

    def fresh(self):
        self.service.kill()
        self.service.start()
        self.service.wait_ready()

    def attach(self, pid, n, fault):
        p = watch(['-a', str(pid), '-n', str(n)] + fault)
        if p.stdout.readline().strip() != 'ready':
            raise RuntimeError('process %d cannot be watched' % pid)
        return p

    @staticmethod
    def leave(p):
        """(calls counted, was the fault reached)."""
        if p.poll() is None:
            p.terminate()
        try:
            p.wait(10)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
        words = p.stdout.read().split()
        p.stdout.close()
        return (int(words[0]), int(words[1]) >= 0) if words else (0, False)

    @staticmethod
    def usual(count):
        """How many calls there are: other work of the role may be counted too, so a few tries."""
        tries = [count() for _ in range(3)]
        return max(tries) if POINTS == 0 else min(tries)

    def choose(self, count):
        if POINTS == 0:
            return list(range(1, count + 1))
        # The last ones are not there each time: a few points should all be hit.
        some = range(1, max(2, count * 3 // 4) + 1)
        return sorted(rng.sample(some, min(POINTS, len(some))))

    def new(self, st, size=150000):
        d = seal(st.name, size, rng)
        self.release.docs[d.id] = d
        return d

    # adoption: watched from before the file is there

    def adopt(self, st, n, fault):
        p = self.attach(self.service.roles('hf-queue')[0], n, fault)
        d = self.new(st, 900)
        slow = False
        try:
            until('adoption', 6 if fault != ['kill'] else 0.4, lambda: p.poll() is not None or state_of(d) == 'held')
        except Timeout:
            slow = True
        count, reached = self.leave(p)
        if fault == ['kill'] and reached or slow or not self.service.ready():
            self.fresh()
        try:
            until('adoption', 20, lambda: state_of(d) == 'held' and os.path.exists('%s/spool/held/%s' % (S, d.id)))
            until('its first name to go', 20, lambda: not os.path.exists('%s/spool/incoming/%s' % (S, d.id)))
        except Timeout as e:
            kills.wrong('adoption: %s at call %d: %s (%s)' % (' '.join(fault), n, e, state_of(d)))
        n_rows = db.value("select count(*) from job where owner = '%s' and cups_job = %d" % (st.name, serial[0]))
        if n_rows != '1':
            kills.wrong('adoption: %s at call %d: %s rows' % (' '.join(fault), n, n_rows))
        db.rows("select job_cancel('%s', 'test', '')" % d.id)
        return count, reached, slow

    def adoption(self):
        st = self.where[0]
        self.fresh()
        until('it to have tidied up', 30, lambda: not os.listdir(S + '/spool/incoming'))
        count = self.usual(lambda: self.adopt(st, 0, ['EIO'])[0])
        for what, fault in (('killed', ['kill']), ('input/output error', ['EIO']), ('disk full', ['ENOSPC']),
                            ('no memory', ['ENOMEM']), ('interrupted', ['EINTR'])):
            before, hit, slow = len(kills.bad), 0, 0
            points = self.choose(count)
            for n in points:
                _, reached, late = self.adopt(st, n, fault)
                hit += reached
                slow += late
            ok(len(kills.bad) == before and hit, 'adoption, %s: %d of %d system calls: adopted once' % (what, hit, count),
               *kills.bad[before:])
            if slow and fault != ['kill']:
                note('adoption, %s: %d adopted at the next start only' % (what, slow))

    # release: watched from before the tap

    def deliver(self, st, role, n):
        """Tap with role `role` watched; None when it could not be hit."""
        self.new(st, 900)
        self.tap(st)                    # so that the deliver process is there and warm
        until('delivery', 20, lambda: db.value(
            "select count(*) from job where owner = '%s' and state not in ('delivered', 'cancelled')" % st.name) == '0')
        d = self.new(st)
        until('adoption', 10, lambda: state_of(d) == 'held')
        p = self.attach(self.service.roles('hf-' + role)[0], n, ['kill'])
        tap = st.tap()
        until('the end', 20, lambda: p.poll() is not None or state_of(d) == 'delivered')
        tap.kill()
        tap.communicate()
        count, reached = self.leave(p)
        if reached:
            self.service.kill()
            self.service.start()
        self.release.settle()
        self.release.judge()
        if state_of(d) == 'held':
            self.tap(st)
            self.release.settle()
            self.release.judge()
        end = state_of(d)
        if end not in ('delivered', 'cancelled'):
            kills.wrong('release: role %s killed at call %d, %s: ends %s' % (role, n, st.mode, end))
        return count, reached

    @staticmethod
    def tap(st):
        until('a tap to release', 30, lambda: st.tap().communicate(timeout=60)[0].startswith('releas'), pause=0.1)

    def releases(self):
        for st in [next(st for st in self.where if st.hold == hold) for hold in (False, True)]:
            for role in ('queue', 'deliver'):
                self.fresh()
                count = self.usual(lambda: self.deliver(st, role, 0)[0])
                before, hit = len(kills.bad), 0
                ends = Counter(self.release.ends[st.name])
                for n in self.choose(count):
                    hit += self.deliver(st, role, n)[1]
                ends = self.release.ends[st.name] - ends
                ok(len(kills.bad) == before and hit, 'release, %s: role %s killed at %d of %d system calls: nothing lost or doubled, '
                   '%d uncertain' % (st.mode, role, hit, count, ends['uncertain']), *kills.bad[before:])


def main():
    if subprocess.run([FAULTAT, '-n', '0', 'kill', 'true'], stdout=subprocess.DEVNULL).returncode == 77:
        print('1..0 # SKIP tests/sim/faultat is written for x86-64')
        return
    note('seed %d; again: make faults ONLY=syscalls POINTS=%d SEED=%d' % (SEED, POINTS, SEED))
    where = stations()
    parts = sys.argv[1:] or ['intake', 'adoption', 'release']
    if 'intake' in parts:
        Intake(where[0].name).go()
    roles = Roles(where)
    if 'adoption' in parts:
        roles.adoption()
    if 'release' in parts:
        roles.releases()
    done()


main()
