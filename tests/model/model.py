"""The release protocol as a state machine, searched to the end: doc/release-protocol.md in small.

One document, at most two attempts by themselves, one printer that may reboot once; a worker that may die or stall after
any step (a stalled one wakes up later and goes on where it was); a recovery; a printer that times out, aborts, forgets,
is helped along at its panel.  Every order in which these can happen is looked at.  Three things must never be true:

    held, while pages of it are out                        it would be printed twice
    held, while a printer job of it can still print        the same, a little later
    delivered, though it was never printed whole           lost: its file is gone

and from every state there must be a way to held, delivered or uncertain (nothing waits for ever).

`rules` can be taken away one at a time (RULES); the search must then find what the rule is for.  That shows that the
search can find something, and that the rule is needed.

What the database would be told on each step is part of the step (`Step.db`): tests/model/sql.t says the same to the
real functions in PostgreSQL.  ADVANCE and END below are what they must answer.
"""
from collections import deque, namedtuple

# A rule, what it says, and the modes in which doing without it must be caught.
RULES = {
    'blind': ('an attempt is not given back because a timer ran out', ('plain', 'held')),
    'notfound_ok': ('a job that the printer does not know was not printed', ('plain', 'held')),
    'nowait': ('after Cancel-Job wait for the job to end', ('plain', 'held')),
    'late_id': ('the printer job is stored before the first byte', ('plain', 'held')),
    'nofence': ('every write names its fence', ('plain', 'held')),
    'printjob': ('Create-Job and Send-Document, never Print-Job', ('plain', 'held')),
    'early_sent': ('"sent" is stored after the last byte', ('plain',)),
    'created_gone_held': ('a held printer job that is gone is uncertain', ('held',)),
}

# ---- the database: what a write does.  sql.t compares all of it with the real functions. ----

OPEN = ('claimed', 'created', 'releasing', 'sent')
ADVANCE = {('claimed', 'created'): 'created', ('created', 'releasing'): 'releasing', ('created', 'sent'): 'sent'}


def end(state, outcome, pages):
    """The job's state when an attempt in `state` ends; pages None: nobody counted."""
    if outcome == 'delivered':
        return 'delivered' if state in ('sent', 'releasing') else 'uncertain'
    if outcome == 'damaged':
        return 'damaged' if state == 'claimed' else 'uncertain'
    if outcome == 'held':
        if state == 'claimed' or pages == 0:
            return 'held'
    return 'uncertain'


# ---- the world ----

# A printer job: none (not made) open (no byte yet) part (bytes arriving) held (whole, not to be printed yet)
# queued (whole, prints) stopping (Cancel-Job came) canceled done lost (the printer was switched off)
PJob = namedtuple('PJob', 'is_ out known')      # out: pages printed, 0 none 1 some 2 all; known: the printer tells of it
State = namedtuple('State', 'job tries worker pjobs recovering rebooted zombie')
Step = namedtuple('Step', 'says to db')
Zombie = namedtuple('Zombie', 'at of')

START = State('held', 0, 'idle', (), False, 0, None)
CAN_PRINT = ('part', 'held', 'queued', 'stopping')
WORKS = ('begin', 'made', 'stored', 'sending', 'whole', 'intended', 'watching')


class Model:
    def __init__(self, mode, without=()):
        self.hold = mode == 'held'
        self.without = set([without] if isinstance(without, str) else without)
        self.last = 'releasing' if self.hold else 'sent'
        self.all_in = 'held' if self.hold else 'queued'     # a printer job whose document is whole

    # -- helpers

    @staticmethod
    def put(s, i, **new):
        return s.pjobs[:i] + (s.pjobs[i]._replace(**new),) + s.pjobs[i + 1:]

    def finish(self, s, outcome, pages, says, me):
        """The end of the newest attempt, by its worker or by recovery (me)."""
        job = end(s.job, outcome, pages)
        return Step(says, s._replace(job=job, worker='idle', recovering=False), ('finish', s.tries, me, outcome, pages))

    def steps(self, s):
        for part in (self.owner, self.worker, self.mishap, self.zombie, self.printer, self.recovery):
            yield from part(s)

    # -- the owner taps

    def owner(self, s):
        if s.job == 'held' and s.worker == 'idle' and s.tries < 2:
            yield Step('claim', s._replace(job='claimed', tries=s.tries + 1, worker='begin', recovering=False,
                                           pjobs=s.pjobs + (PJob('none', 0, False),)), ('claim',))

    # -- the worker, as the protocol tells it

    def worker(self, s):
        i = len(s.pjobs) - 1
        if i < 0:
            return
        pj = s.pjobs[i]
        if s.worker == 'begin':
            yield Step('Create-Job', s._replace(worker='made', pjobs=self.put(s, i, is_='open', known=True)), None)
        elif s.worker == 'made':
            if 'late_id' in self.without:
                yield Step('(printer job not stored)', s._replace(worker='stored'), None)
            else:
                yield Step('store created', s._replace(job='created', worker='stored'),
                           ('advance', s.tries, 'worker', 'created'))
        elif s.worker == 'stored' and pj.is_ == 'open':
            yield Step('first byte', s._replace(worker='sending', pjobs=self.put(s, i, is_='part')), None)
        elif s.worker == 'sending':
            if 'early_sent' in self.without and not self.hold and s.job == 'created':
                yield Step('store sent too early', s._replace(job='sent'), None)
            if pj.is_ == 'part':
                yield Step('last byte accepted', s._replace(worker='whole', pjobs=self.put(s, i, is_=self.all_in)), None)
        elif s.worker == 'whole':
            yield Step('store ' + self.last, s._replace(job=self.last, worker='intended' if self.hold else 'watching'),
                       None if s.job != 'created' else ('advance', s.tries, 'worker', self.last))
        elif s.worker == 'intended' and pj.is_ == 'held':
            yield Step('Release-Job', s._replace(worker='watching', pjobs=self.put(s, i, is_='queued')), None)
        elif s.worker == 'watching':
            yield from self.watch(s, pj)
        if s.worker in ('stored', 'sending', 'whole', 'intended') and (pj.is_ in ('canceled', 'done', 'lost') or
                                                                       pj.is_ == 'queued' and s.worker != 'whole'):
            yield Step('the printer refuses, recovery takes over', s._replace(worker='dead'), ('refence', s.tries))

    def watch(self, s, pj):
        if not pj.known:
            yield self.finish(s, 'delivered' if 'notfound_ok' in self.without else 'uncertain', None, 'not found', 'worker')
        elif pj.is_ == 'done':
            yield self.finish(s, 'delivered', pj.out, 'completed', 'worker')
        elif pj.is_ == 'canceled':
            yield self.finish(s, 'uncertain' if pj.out else 'held', pj.out, 'canceled', 'worker')

    # -- it dies, or stalls and is taken for dead

    def mishap(self, s):
        if s.worker in WORKS:
            yield Step('CRASH', s._replace(worker='dead', recovering=False), ('refence', s.tries))
            if s.zombie is None and s.worker != 'watching':
                yield Step('STALL', s._replace(worker='dead', recovering=False, zombie=Zombie(s.worker, s.tries - 1)),
                           ('refence', s.tries))

    def zombie(self, s):
        """A stalled worker wakes up: it does its next thing, not knowing."""
        if s.zombie is None:
            return
        at, k = s.zombie
        pj = s.pjobs[k]

        def act(says, then, db=None, **new):
            return Step('zombie: ' + says, s._replace(zombie=Zombie(then, k), pjobs=self.put(s, k, **new)), db)
        if at == 'begin':
            yield act('Create-Job', 'made', is_='open', known=True)
        elif at in ('made', 'whole'):
            to = 'created' if at == 'made' else self.last
            if 'nofence' in self.without:
                yield Step('zombie: write without a fence',
                           s._replace(job=to, zombie=Zombie('stored' if at == 'made' else 'intended', k)), None)
            yield act('write refused, it stops', 'over', ('advance', k + 1, 'zombie', to))
        elif at == 'stored':
            yield act('first byte', *(('sending',) if pj.is_ == 'open' else ('over',)),
                      **({'is_': 'part'} if pj.is_ == 'open' else {}))
        elif at == 'sending':
            yield act('last byte', *(('whole',) if pj.is_ == 'part' else ('over',)),
                      **({'is_': self.all_in} if pj.is_ == 'part' else {}))
        elif at == 'intended':
            yield act('Release-Job', 'over', **({'is_': 'queued'} if pj.is_ == 'held' else {}))
        if 'printjob' in self.without and at in ('begin', 'made'):
            yield act('Print-Job', 'over', is_='queued', known=True)

    # -- the printer has a life of its own

    def printer(self, s):
        for k, pj in enumerate(s.pjobs):
            left = s.worker in ('dead', 'idle') or k < len(s.pjobs) - 1     # nobody talks to it
            for says, new in self.pjob_steps(pj, left):
                yield Step('printer: ' + says, s._replace(pjobs=self.put(s, k, **new)), None)
        if not s.rebooted and s.pjobs:
            for says, printed in (('off and on', ()),
                                  ('off and on after pages', ('queued',) if self.hold else ('queued', 'stopping'))):
                yield Step('printer: ' + says, s._replace(rebooted=1, pjobs=tuple(
                    PJob(p.is_ if p.is_ in ('done', 'canceled', 'none') else 'lost',
                         max(p.out, 1) if p.is_ in printed else p.out, False) for p in s.pjobs)), None)

    def pjob_steps(self, pj, left):
        some = max(pj.out, 1)
        if pj.is_ == 'part' and not self.hold and not pj.out:
            yield 'prints while it receives', {'out': 1}
        if left and pj.is_ in ('open', 'part'):
            yield 'time-out, aborts', {'is_': 'canceled'}
        if left and pj.is_ == 'part':
            yield ('time-out, keeps what it has', {'is_': 'held'}) if self.hold else \
                  ('time-out, prints what it has', {'is_': 'done', 'out': some})
        if pj.is_ == 'held':
            yield 'released at its panel', {'is_': 'queued'}
        if pj.is_ == 'queued':
            yield 'prints all', {'is_': 'done', 'out': 2}
            yield 'aborts midway', {'is_': 'canceled', 'out': some}
            yield 'aborts before page 1', {'is_': 'canceled'}
        if pj.is_ == 'stopping':
            yield 'cancelled', {'is_': 'canceled'}
            yield 'cancelled after pages', {'is_': 'canceled', 'out': some}
            yield 'cancelled too late', {'is_': 'done', 'out': 2}
        if pj.is_ in ('done', 'canceled') and pj.known:
            yield 'forgets', {'known': False}

    # -- recovery: the table of doc/release-protocol.md

    def recovery(self, s):
        if s.worker != 'dead' or s.job not in OPEN:
            return
        if 'blind' in self.without:
            yield Step('time is over, held again', s._replace(job='held', worker='idle'), None)
            return
        k = s.tries - 1
        pj = s.pjobs[k]
        if not pj.known:
            yield self.gone(s)
            return
        early = s.job in ('claimed', 'created')
        waits = pj.is_ in ('open', 'part', 'held') and not ('early_sent' in self.without and s.job == 'sent')
        if waits or pj.is_ == 'queued' and early:
            moving = pj.is_ in ('queued', 'part')
            if 'nowait' in self.without:
                yield Step('recovery: Cancel-Job, and done', s._replace(
                    job='uncertain' if pj.out else 'held', worker='idle', recovering=False,
                    pjobs=self.put(s, k, is_='stopping' if moving else 'canceled')), None)
            else:
                yield Step('recovery: Cancel-Job', s._replace(recovering=True, pjobs=self.put(
                    s, k, is_='stopping' if moving and not self.hold else 'canceled')), None)
        if pj.is_ == 'done':
            outcome = 'delivered' if not early else 'uncertain' if pj.out else 'held'
            yield self.finish(s, outcome, pj.out, 'recovery: completed', 'recovery')
        if pj.is_ == 'canceled':
            yield self.finish(s, 'uncertain' if pj.out else 'held', pj.out, 'recovery: canceled', 'recovery')

    def gone(self, s):
        outcome, pages = 'uncertain', None
        if s.job == 'claimed':
            outcome = 'held'
        elif s.job == 'created' and self.hold and 'created_gone_held' in self.without:
            outcome, pages = 'held', 0      # without a count the database does not believe it
        elif 'notfound_ok' in self.without:
            return Step('recovery: not found', s._replace(job='delivered', worker='idle', recovering=False), None)
        return self.finish(s, outcome, pages, 'recovery: not found', 'recovery')


def wrong(s):
    """What must never be true, and is in s."""
    if s.job == 'held' and any(p.out for p in s.pjobs):
        yield 'held, while pages of it are out'
    if s.job == 'held' and any(p.is_ in CAN_PRINT for p in s.pjobs):
        yield 'held, while a printer job of it can still print'
    if s.job == 'delivered' and not any(p.out == 2 for p in s.pjobs):
        yield 'delivered, though it was never printed whole'


class Search:
    """Every state that can be reached, the shortest way to each, what is wrong where."""

    def __init__(self, model):
        self.came = {START: None}
        self.bad = {}
        self.edges = {}
        todo = deque([START])
        while todo:
            s = todo.popleft()
            for w in wrong(s):
                self.bad.setdefault(w, s)
            self.edges[s] = list(model.steps(s))
            for step in self.edges[s]:
                if step.to not in self.came:
                    self.came[step.to] = (s, step)
                    todo.append(step.to)

    def way(self, s):
        out = []
        while self.came[s]:
            s, step = self.came[s]
            out.append(step)
        return out[::-1]

    def count(self, job):
        return sum(s.job == job for s in self.came)

    def stuck(self):
        """States from which neither held, delivered nor uncertain can be reached."""
        back = {}
        for s, steps in self.edges.items():
            for step in steps:
                back.setdefault(step.to, []).append(s)
        good = [s for s in self.came if s.job in ('held', 'delivered', 'uncertain')]
        seen = set(good)
        while good:
            for s in back.get(good.pop(), ()):
                if s not in seen:
                    seen.add(s)
                    good.append(s)
        return [s for s in self.came if s not in seen]
