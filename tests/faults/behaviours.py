"""Every behaviour of behaviours.table, in both modes, against the whole release service; see behaviours.t.

    behaviours.py [NAME-PART]...
"""
import os
import queue
import random
import sys
import threading
import time
from collections import namedtuple

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import *  # noqa: E402,F403
import bench  # noqa: E402

SIZE = 300000           # 5 pages
DEADLINE = 45
Behaviour = namedtuple('Behaviour', 'name before when then later ends options')
RESET = ('clear', 'start', 'reasons none', 'panel cancel', 'set accepting 1', 'set counters on', 'set early 1', 'set cut abort',
         'set queue 1000', 'set pages-per-second 0', 'set formats application/pdf,application/octet-stream', 'key first', 'jam 0')
seed = int(os.environ.get('HF_SEED') or 1)


def commands(text):
    return [c.strip() for c in text.split(';') if c.strip()]


def table():
    out = []
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'behaviours.table')) as f:
        for line in f:
            if line.startswith('#') or not line.strip():
                continue
            c = [x.strip() for x in line.rstrip('\n').split('|')]
            assert len(c) == 8, 'behaviours.table: %s' % line
            out.append(Behaviour(c[0], commands(c[1]), c[2].split(), commands(c[3]), commands(c[4]),
                                 {'plain': c[5].split(), 'hold': c[6].split()},
                                 dict(o.partition('=')[::2] for o in c[7].split())))
    return out


class Run:
    """One behaviour at one station."""

    def __init__(self, st, b, uuid):
        self.st, self.b, self.uuid = st, b, uuid
        self.size = int(b.options.get('size', SIZE))
        self.rng = random.Random('%d %s %s' % (seed, b.name, st.mode))
        self.doc = self.token = None

    def command(self, c):
        if c != 'reuse':
            self.st.cmd(c)
            return
        # Others print until one of them has the number that was ours.
        ours = [e['job'] for e in self.st.ledger() if e.get('name') == self.name()][0]
        while json.loads(self.st.cmd('make somebody-elses whole'))['id'] < ours:
            pass

    def name(self):
        return 'HF-' + (db.value("select token from attempt where job = '%s' order by id desc limit 1" % self.doc.id) or '')

    def reset(self):
        for c in RESET:
            self.st.cmd(c)
        self.st.cmd('set uuid ' + self.uuid)
        if not self.st.state()['reasons'] == []:
            self.st.cmd('reasons none')

    def moment(self):
        what, arg = (self.b.when + [''])[:2]
        if what == 'tap':
            return True
        mine = [e for e in self.st.ledger()[self.mark:] if e.get('name') == self.name() or what == 'op']
        if what == 'op':
            return any(e['ev'] == 'op' and e['op'] == arg for e in mine)
        if what == 'page':
            return any(e['ev'] == 'page' and e['page'] == int(arg) for e in mine)
        return any(j['name'] == self.name() and j['bytes'] >= int(arg) for j in self.st.state()['jobs'])

    def ended(self):
        # The last attempt has an end, and so has what the tap was told.
        return db.value("select count(*) from attempt where job = '%s' and ended_at is not null" % self.doc.id) == '1'

    def play(self):
        st, b = self.st, self.b
        self.reset()
        self.doc = seal(st.name, self.size, self.rng)
        until('adoption', 10, lambda: state_of(self.doc) == 'held')
        self.mark = len(st.ledger())
        if 'pps' in b.options:
            st.cmd('set pages-per-second ' + b.options['pps'])
        for c in b.before:
            st.cmd(c)
        refused = b.ends[st.mode] == ['held', '0']
        tap = st.tap()
        try:
            if b.when:
                until('the moment: %s' % ' '.join(b.when), DEADLINE, self.moment, pause=0.01)
                for c in b.then:
                    self.command(c)
                if b.later:
                    time.sleep(0.5)
                    for c in b.later:
                        self.command(c)
            if refused:     # it may be refused without even an attempt
                tap.wait(DEADLINE)
                until('the end', DEADLINE, lambda: state_of(self.doc) not in IN_FLIGHT)
            else:
                until('the end', DEADLINE, self.ended)
            self.said = tap.communicate(timeout=DEADLINE)[0].strip()
        finally:
            if tap.poll() is None:
                tap.kill()
                tap.communicate()

    def verdict(self):
        state = state_of(self.doc)
        if state == 'uncertain' and 'any' in self.b.ends[self.st.mode]:
            until('it to end', 10, lambda: not printed(self.doc, [self.st]).live)
        p = printed(self.doc, [self.st])
        if state == 'delivered':
            until('its file to go', 5, lambda: not in_store(self.doc))
        out = '0' if not p.most else 'all' if min(p.copies) > 0 else 'some'
        want, pages = self.b.ends[self.st.mode]
        bad = faults_of(self.doc, state, p, in_store(self.doc))
        if state != want:
            bad.append('ended %s, and should be %s' % (state, want))
        if pages not in (out, 'any'):
            bad.append('%s is out, and should be %s: %s' % (out, pages, p.copies))
        return state, bad

    def once_more(self):
        """It is held: after repair the next tap delivers it."""
        self.reset()

        def tapped():
            tap = self.st.tap()
            tap.communicate(timeout=DEADLINE)
            return db.value("select count(*) from attempt where job = '%s' and state = 'delivered'" % self.doc.id) == '1' or \
                state_of(self.doc) in IN_FLIGHT
        until('a tap to succeed', DEADLINE, tapped, pause=0.1)
        until('delivery', DEADLINE, lambda: state_of(self.doc) == 'delivered')
        until('its file to go', 5, lambda: not in_store(self.doc))
        return faults_of(self.doc, 'delivered', printed(self.doc, [self.st]), in_store(self.doc))

    def run(self):
        t = time.monotonic()
        bad, state, self.said = [], '?', ''
        try:
            self.play()
            state, bad = self.verdict()
            if state == 'held' and not bad:
                bad = ['at the second tap: ' + x for x in self.once_more()]
            elif state in ('held', 'uncertain'):
                db.rows("select job_cancel('%s', 'test', 'done with')" % self.doc.id)
        except Exception as e:
            bad.append('%s: %s (%s)' % (type(e).__name__, e, self.doc and state_of(self.doc)))
            if self.doc:
                db.rows("select job_cancel('%s', 'test', 'done with')" % self.doc.id)
        if bad and self.doc:
            reasons = db.rows("select state, reason from attempt where job = '%s'" % self.doc.id)
            bad += ['attempts: %s' % reasons, 'the tap said: ' + self.said,
                    'again: make faults ONLY=behaviours BEHAVIOUR=\'%s\' SEED=%d' % (self.b.name, seed)]
        ok(not bad, '%s: %s: %s' % (self.st.mode, self.b.name, ' '.join(self.b.ends[self.st.mode])), *bad)
        if os.environ.get('HF_TIMES'):
            note('%.1f s' % (time.monotonic() - t))


def control(st):
    """What the comparison is for must be seen by it: a job printed again behind everybody's back."""
    doc = seal(st.name, SIZE, random.Random(seed))
    until('adoption', 10, lambda: state_of(doc) == 'held')
    for c in RESET + ('set cut wait', 'fault drain rate=700000 op=Send-Document times=1',
                      'fault drop at=200000 op=Send-Document times=1', 'set counters none'):
        st.cmd(c)
    st.tap().communicate(timeout=DEADLINE)
    until('uncertainty', DEADLINE, lambda: state_of(doc) == 'uncertain')
    ok(not faults_of(doc, 'uncertain', printed(doc, [st]), in_store(doc)), 'control: a job that is uncertain')
    ok(faults_of(doc, 'held', printed(doc, [st]), True), 'control: … is missed where it is called held')
    ok(faults_of(doc, 'delivered', printed(doc, [st]), False), 'control: … or delivered')
    db.rows("alter table job disable trigger user; update job set state = 'held' where id = '%s'; "
            "alter table job enable trigger user" % doc.id)
    for c in RESET:
        st.cmd(c)
    st.tap().communicate(timeout=DEADLINE)
    until('delivery', DEADLINE, lambda: state_of(doc) == 'delivered')
    ok(any('twice' in f for f in faults_of(doc, 'delivered', printed(doc, [st]), False)),
       'control: … and printed twice where somebody puts it back')


def main():
    only = [a for a in sys.argv[1:] if a]
    everything = [b for b in table() if not only or any(a in b.name for a in only)]
    where = stations()
    for mode in ('plain', 'hold'):
        mine = [st for st in where if st.mode == mode]
        todo = queue.Queue()
        for b in sorted(everything, key=lambda b: 'last' not in b.options and 'pps' not in b.options and not b.when):
            if 'last' not in b.options:
                todo.put(b)
        last = [b for b in everything if 'last' in b.options]

        def work(st, todo, tail):
            uuid = json.loads(open('%s/%s/out' % (S, st.name)).readline())['uuid']
            while True:
                try:
                    b = todo.get_nowait()
                except queue.Empty:
                    break
                Run(st, b, uuid).run()
            for b in tail:
                Run(st, b, uuid).run()
        threads = [threading.Thread(target=work, args=(st, todo, last if i == 0 else [])) for i, st in enumerate(mine)]
        for t in threads:
            t.start()
        if mode == 'plain':
            plain = threads
    for t in plain + threads:
        t.join()
    control(where[0])
    twice = [st.name for st in where if len({e['uuid'] for e in st.ledger() if e['ev'] == 'op' and e.get('op') == 'Print-Job'})]
    ok(not twice, 'nobody was ever sent a Print-Job', twice)
    ok(len(table()) >= 40, '%d behaviours in both modes' % len(table()))
    done()


if __name__ == "__main__":
    main()
