"""Kill -9 at random moments; see kills.t.

A third of the kills hits the intake backend (its worker or its parent), as cupsd would start it again until it says 0.
The documents it stores are released meanwhile at all printers, in rounds: everybody taps, then deliver processes, role
queue, role key, the database (postmaster killed, or the service's connections cut) and at last the parent are killed at
random moments; the service is started again and must come to an end with every attempt by itself.  Then the printers'
ledgers are compared with the database and the spool, job by job.  Nobody ever decides to print again.

HIT=database: only the database's connections are cut and its postmaster killed, many times a round, at random moments and
so inside COMMIT too, while the service goes on.
"""
import hashlib
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

N = int(os.environ.get('N') or 300)
HIT = os.environ.get('HIT') or 'all'
SEED = int(os.environ.get('HF_SEED') or time.time_ns() % 1000000)
CANARY = b'canary-of-the-kills'
SETTLE = 90
kills = Counter()
bad = []
bad_lock = threading.Lock()


def wrong(text):
    with bad_lock:
        bad.append(text)
    note(text)


def kill(pid, what):
    try:
        os.kill(pid, 9)
        kills[what] += 1
        return True
    except ProcessLookupError:
        return False


# ---- intake -------------------------------------------------------------------------------------------------------

class Intake(threading.Thread):
    """Documents for all, by a backend that is killed all the time."""

    def __init__(self, people, goal):
        super().__init__()
        self.people, self.goal, self.stop = people, goal, False
        self.rng = random.Random('%d intake' % SEED)
        self.docs = []              # stored: the backend has said 0
        self.lock = threading.Lock()
        self.runs = 0
        self.env = dict(os.environ, HOLDFAST_INTAKE_CONF=S + '/etc/intake.conf', DEVICE_URI='holdfast:/office',
                        CONTENT_TYPE='application/pdf')
        self.waiting = threading.Semaphore(0)

    def document(self):
        rng = self.rng
        size = rng.choice((900, 40000, 70000, 150000, 300000, 400000))
        body = b'%PDF-1.4\n% ' + CANARY + b'\n' + rng.randbytes(size) + b'\n%%EOF\n'
        return body

    def once(self, number, path, delay, whom):
        """One run of the backend, killed after `delay` if that is not too late; its exit code, or None."""
        self.runs += 1
        p = subprocess.Popen([S + '/sw/usr/lib/cups/backend/holdfast', str(number), self.owner, 'title', '1',
                              'job-uuid=urn:uuid:%08x-0000-4000-8000-000000000000 time-at-creation=%d' % (number, 1700000000 + number),
                              path], env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if delay is not None:
            time.sleep(delay)
            pid = p.pid
            if whom == 'worker':
                try:
                    with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
                        pid = int(f.read().split()[0])
                except (OSError, IndexError):
                    pid = 0
            if pid and p.poll() is None and alive(pid):
                kill(pid, 'intake ' + whom)
        return p.wait()

    def run(self):
        try:
            self.work()
        except Exception as e:
            wrong('intake: %s: %s' % (type(e).__name__, e))

    def work(self):
        while not self.stop:
            if self.killed() >= self.goal and not self.waiting.acquire(timeout=0.05):
                continue
            with say_lock:
                serial[0] += 1
                number = serial[0]
            self.owner = self.people[number % len(self.people)]
            body, path = self.document(), '%s/doc.%d' % (S, number)
            with open(path, 'wb') as f:
                f.write(body)
            tries = 0
            while True:
                tries += 1
                again = self.killed() < self.goal and tries < 12
                code = self.once(number, path, self.rng.uniform(0, 0.012) if again else None,
                                 self.rng.choice(('worker', 'worker', 'parent')))
                if code == 0:
                    break
                if code not in (3, -9):
                    wrong('intake: exit code %d of document %d, for which there is no reason' % (code, number))
                    break
            os.unlink(path)
            with self.lock:
                self.docs.append((number, self.owner, len(body), hashlib.sha256(body).hexdigest()))

    @staticmethod
    def killed():
        return kills['intake worker'] + kills['intake parent']

    def verdict(self):
        """Each document that was promised is there once."""
        rows = {int(n): int(c) for n, c in db.rows("select cups_job, count(*) from job group by cups_job")}
        lost = [d[0] for d in self.docs if rows.get(d[0], 0) == 0]
        twice = [d[0] for d in self.docs if rows.get(d[0], 0) > 1]
        return lost, twice


# ---- release ------------------------------------------------------------------------------------------------------

class Release:
    def __init__(self, where, goal, intake):
        self.where, self.goal, self.intake = where, goal, intake
        self.rng = random.Random('%d release' % SEED)
        self.service = Service()
        self.docs = {}              # id: Doc
        self.ends = {st.name: Counter() for st in where}
        self.judged = 0             # the last attempt whose end is counted
        self.rounds = 0

    def new_docs(self):
        with self.intake.lock:
            known = {str(n): (owner, size, sha) for n, owner, size, sha in self.intake.docs}
        have = {d for d in self.docs}
        for i, n in db.rows('select id, cups_job from job') or ():
            if i not in have and n in known:
                owner, size, sha = known[n]
                self.docs[i] = Doc(i, owner, size, sha)

    def supply(self):
        """Everybody has something to print."""
        for st in self.where:
            if db.value("select count(*) from job where owner = '%s' and state = 'held'" % st.name) == '0':
                d = seal(st.name, self.rng.choice((900, 70000, 150000, 300000)), self.rng)
                self.docs[d.id] = d

    def moods(self):
        for st in self.where:
            st.cmd('clear')
            st.cmd('set pages-per-second %d' % self.rng.choice((0, 0, 40, 100)))
            if self.rng.random() < 0.4:
                st.cmd('fault drain rate=%d op=Send-Document times=1' % self.rng.choice((600000, 1500000)))
            if self.rng.random() < 0.3:
                st.cmd('fault delay s=%g op=%s times=1' % (self.rng.uniform(0.01, 0.15), self.rng.choice(
                    ('Create-Job', 'Send-Document', 'Release-Job', 'Get-Job-Attributes'))))

    def plan(self):
        """(moment, what), in order; the parent last."""
        if HIT == 'database':
            out = [(self.rng.uniform(0, 0.5), 'connections') for _ in range(self.rng.randint(2, 8))]
            if self.rounds % 4 == 1:
                out.append((self.rng.uniform(0, 0.4), 'postmaster'))
            return sorted(out)
        out = [(self.rng.uniform(0, 0.3), 'deliver') for _ in self.where if self.rng.random() < 0.8]
        if self.rng.random() < 0.4:
            out.append((self.rng.uniform(0, 0.3), self.rng.choice(('queue', 'key'))))
        if self.rng.random() < 0.3:
            out.append((self.rng.uniform(0, 0.3), 'connections'))
        out.append((self.rng.uniform(0.05, 0.45), 'parent'))
        if self.rounds % 10 == 5:
            out.append((self.rng.uniform(0, 0.3), 'postmaster'))
        return sorted(out)

    def strike(self, what):
        if what == 'postmaster':
            with open(S + '/db/postmaster.pid') as f:
                kill(int(f.readline()), what)
        elif what == 'connections':
            for pid in self.sessions():
                try:
                    os.kill(pid, 15)
                    kills['database connection'] += 1
                except ProcessLookupError:
                    pass
        elif what == 'parent':
            if alive(self.service.pid):
                kills['parent'] += 1
            self.service.kill()
        else:
            there = self.service.roles('hf-' + what)
            if there:
                kill(self.rng.choice(there), what)

    @staticmethod
    def sessions():
        """Server processes that the release service talks to."""
        try:
            with open(S + '/db/postmaster.pid') as f:
                parent = int(f.readline())
        except (OSError, ValueError):
            return []
        out = []
        for p in children(parent):
            try:
                with open('/proc/%d/cmdline' % p) as f:
                    if 'hf_release' in f.read():
                        out.append(p)
            except OSError:
                pass
        return out

    def round(self):
        self.rounds += 1
        self.supply()
        self.moods()
        taps = [st.tap() for st in self.where]
        start = time.monotonic()
        plan = self.plan()
        try:
            for at, what in plan:
                time.sleep(max(0, start + at - time.monotonic()))
                self.strike(what)
        finally:
            for t in taps:
                t.kill()
                t.communicate()
        if any(what == 'postmaster' for _, what in plan):
            database('start')
        if not alive(self.service.pid):
            self.service.start()
        self.settle()
        self.judge()

    def settle(self):
        self.service.wait_ready()
        for st in self.where:
            st.cmd('set pages-per-second 0')
        try:
            until('every attempt to end', SETTLE, lambda: db.value(
                'select count(*) from attempt where ended_at is null') == '0')
        except Timeout as e:
            wrong('round %d: %s: %s' % (self.rounds, e, db.rows(
                'select id, job, printer, state, began_at from attempt where ended_at is null')))

    def judge(self):
        """The jobs of the attempts that have ended since the last time."""
        self.new_docs()
        rows = db.rows("select a.id, p.name, a.state, a.job, j.state from attempt a join printer p on p.id = a.printer "
                       "join job j on j.id = a.job where a.id > %d order by a.id" % self.judged)
        for i, name, state, job, _ in rows:
            self.judged = max(self.judged, int(i))
            self.ends[name][state] += 1
        self.compare({r[3]: r[4] for r in rows})
        for job, state in {(r[3], r[4]) for r in rows if r[4] == 'uncertain'}:
            db.rows("select job_cancel('%s', 'test', 'the owner deletes it')" % job)

    def compare(self, jobs):
        if not jobs:
            return
        states = {st.name: st.state() for st in self.where}
        tokens = {}
        for job, token in db.rows("select job, token from attempt where job in (%s)" % ', '.join("'%s'" % j for j in jobs)):
            tokens.setdefault(job, set()).add('HF-' + token)
        for job, state in jobs.items():
            doc = self.docs.get(job)
            if doc is None:
                wrong('job %s was printed and is not known' % job)
                continue
            if state == 'delivered':
                try:
                    until('its file to go', 5, lambda: not in_store(doc))
                except Timeout:
                    pass
            if state == 'cancelled':        # by us, it was uncertain
                state, there = 'uncertain', True
            else:
                there = in_store(doc)
            for f in faults_of(doc, state, printed(doc, self.where, tokens.get(job, set()), states), there):
                wrong('round %d, job %s: %s' % (self.rounds, job, f))

    def run(self):
        while self.killed() < self.goal and not bad:
            self.intake.waiting.release()
            self.round()
            if self.rounds % 25 == 0:
                for st in self.where:
                    st.cmd('forget')
                note('%d kills, round %d' % (sum(kills.values()), self.rounds))

    def last(self):
        """No more kills: what is held is printed, and everything is compared once more."""
        for st in self.where:
            st.cmd('clear')
        self.service.wait_ready()
        until('all files to be adopted', 30, lambda: not os.listdir(S + '/spool/incoming'))
        end = time.monotonic() + 120
        while db.value("select count(*) from job where state = 'held'") != '0' and time.monotonic() < end:
            for t in [st.tap() for st in self.where]:
                t.communicate(timeout=60)
            self.settle()
        self.judge()
        self.new_docs()
        self.compare({r[0]: r[1] for r in db.rows('select id, state from job')})

    def killed(self):
        return sum(v for k, v in kills.items() if not k.startswith('intake'))

    def share(self, hold):
        """How attempts ended, and in words: how many of them a kill had interrupted and how much of that is uncertain."""
        c = sum((self.ends[st.name] for st in self.where if st.hold == hold), Counter())
        rows = db.rows("select a.state, count(*) from attempt a join printer p on p.id = a.printer where a.id in "
                       "(select (data->>'attempt')::bigint from event where kind = 'attempt.recover') and p.name like '%s%%' "
                       "group by 1" % ('h' if hold else 'p'))
        cut = {state: int(n) for state, n in rows}
        n, jobs = sum(cut.values()), c['delivered'] + c['uncertain']
        return c, 'a kill interrupted %d, of which %.1f %% ended uncertain; of all %d documents %.1f %%' % (
            n, 100.0 * cut.get('uncertain', 0) / max(n, 1), jobs, 100.0 * c['uncertain'] / max(jobs, 1))


def readable():
    """Files below the instance in which a document can be read."""
    p = subprocess.run(['grep', '-r', '-l', '-a', '-F', '--', CANARY.decode(), S + '/spool', S + '/db', S + '/log', S + '/run'],
                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return p.stdout.split()


def main():
    where = stations()
    note('seed %d; again: make faults ONLY=kills HIT=%s N=%d SEED=%d' % (SEED, HIT, N, SEED))
    began = time.monotonic()
    share = N // 3 if HIT == 'all' else 0
    intake = Intake([st.name for st in where], share)
    release = Release(where, N - share, intake)
    intake.start()
    try:
        release.run()
    except Exception as e:
        wrong('round %d: %s: %s' % (release.rounds, type(e).__name__, e))
    intake.goal = min(intake.goal, intake.killed()) if bad else intake.goal
    while intake.killed() < intake.goal and intake.is_alive():
        time.sleep(0.05)
    intake.stop = True
    intake.join()
    try:
        if not alive(release.service.pid):
            release.service.start()
        release.last()
    except Exception as e:
        wrong('at the end: %s: %s' % (type(e).__name__, e))
    lost, twice = intake.verdict()
    total = sum(kills.values())
    note('%d kills in %.0f s, %d rounds, %d runs of the backend: %s' % (total, time.monotonic() - began, release.rounds, intake.runs,
         ', '.join('%s %d' % kv for kv in sorted(kills.items()))))
    ok(total >= N, '%d processes killed' % total)
    ok(not lost, 'intake: %d documents promised, none lost' % len(intake.docs), lost)
    ok(not twice, 'intake: none doubled', twice)
    for hold, mode in ((False, 'plain'), (True, 'held-commit')):
        c, share = release.share(hold)
        ok(c['delivered'] > 0 and c['held'] > 0, '%s: %d attempts: %s; %s' % (
            mode, sum(c.values()), ', '.join('%s %d' % kv for kv in sorted(c.items())), share))
    ok(not bad, 'nothing printed twice, nothing lost in silence, ledger and database agree', *bad[:20])
    left = {r[0]: r[1] for r in db.rows('select state, count(*) from job group by state')}
    ok(set(left) <= {'delivered', 'cancelled'}, 'in the end every job is delivered, or was its owner\'s to decide: %s' % left)
    ok(CANARY in intake.document() and not readable(), 'no readable byte at rest', readable())
    if bench.n_bad:
        note('again: make faults ONLY=kills HIT=%s N=%d SEED=%d' % (HIT, N, SEED))
    done()


if __name__ == "__main__":
    main()
