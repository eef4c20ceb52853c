"""Walks for t.walk (walk.sql), made from the model, and what they must answer.

    sql.py steps       one walk a line, JSON, for \\copy
    sql.py check       TAP, reading the answers: one line "N<TAB>JSON" a walk
"""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from collections import deque  # noqa: E402

from model import ADVANCE, OPEN, START, Model, Search, end  # noqa: E402

AFTER_END = {'delivered': 'delivered', 'held': 'held', 'uncertain': 'uncertain', 'damaged': 'damaged'}


def look(job, attempt=None, open_=True):
    """What walk shows of the tables."""
    return job if attempt is None else '%s %s %s' % (job, attempt, 'open' if open_ else 'ended')


def both(job):
    """A job and its newest attempt, which always agree after a write."""
    return look(job, job, job in OPEN)


def dict_of(db):
    op = dict(op=db[0])
    if db[0] != 'claim':
        op['k'] = db[1]
    if db[0] in ('advance', 'finish'):
        op['by'] = db[2]
    if db[0] == 'advance':
        op['to'] = db[3]
    if db[0] == 'finish':
        op.update(outcome=db[3], pages=db[4])
    return op


def answer_of(db, to):
    if db[0] == 'claim':
        return 'claimed'
    if db[0] == 'refence':
        return 'taken'
    if db[0] == 'advance':
        return 'false' if db[2] == 'zombie' else 'true'
    return to.job


def of_model(mode):
    """Every order of writes that the model knows, none the beginning of another."""
    search = Search(Model(mode))
    seen, words = {(START, ())}, set()
    todo = deque(seen)
    while todo:
        s, word = todo.popleft()
        words.add(word)
        for step in search.edges[s]:
            longer = word
            if step.db:
                longer = word + ((step.db, answer_of(step.db, step.to) + ' ' + both(step.to.job)),)
            if (step.to, longer) not in seen:
                seen.add((step.to, longer))
                todo.append((step.to, longer))
    beginnings = {w[:i] for w in words for i in range(len(w))}
    for word in sorted(words - beginnings, key=repr):
        yield '%s: %s' % (mode, ', '.join(' '.join(map(str, db)) for db, _ in word)), \
            [dict_of(db) for db, _ in word], [a for _, a in word]


WAYS = {        # to every state of an attempt that there is
    'claimed': [], 'created': ['created'], 'releasing': ['created', 'releasing'], 'sent': ['created', 'sent'],
}
ENDS = {'delivered': ('sent', 'delivered', 2), 'held': ('claimed', 'held', None), 'uncertain': ('sent', 'uncertain', None),
        'damaged': ('claimed', 'damaged', None)}


def beginnings():
    """(name, steps, answers, state of attempt k, is it refenced, k, is there another)."""
    def claim():
        return [{'op': 'claim'}], ['claimed ' + both('claimed')]

    def advance(steps, answers, k, way):
        for to in way:
            steps.append({'op': 'advance', 'k': k, 'by': 'worker', 'to': to})
            answers.append('true ' + both(to))
    for state, way in WAYS.items():
        for refenced in (False, True):
            steps, answers = claim()
            advance(steps, answers, 1, way)
            if refenced:
                steps.append({'op': 'refence', 'k': 1})
                answers.append('taken ' + both(state))
            yield state + (', taken over' if refenced else ''), steps, answers, state, refenced, 1
    for last, (state, outcome, pages) in ENDS.items():
        steps, answers = claim()
        advance(steps, answers, 1, WAYS[state])
        steps.append({'op': 'finish', 'k': 1, 'by': 'worker', 'outcome': outcome, 'pages': pages})
        answers.append(last + ' ' + both(last))
        yield 'ended ' + last, steps, answers, last, False, 1
    for state, way in WAYS.items():         # a second attempt, the first given back
        for k in (1, 2):
            steps, answers = claim()
            steps += [{'op': 'finish', 'k': 1, 'by': 'worker', 'outcome': 'held', 'pages': None}, {'op': 'claim'}]
            answers += ['held ' + both('held'), 'claimed ' + both('claimed')]
            advance(steps, answers, 2, way)
            yield '%s at its second attempt, write of attempt %d' % (state, k), steps, answers, \
                state if k == 2 else 'ended', False, k, state


def last_words(state, refenced, k, job):
    """Every write that there is, in this state: (step, answer)."""
    is_open = state in OPEN
    for by in ('worker', 'recovery', 'future') + (('other',) if job != state or k == 2 else ()):
        good = is_open and (by == 'recovery' or by == 'worker' and not refenced)
        for to in ('created', 'releasing', 'sent'):
            done = good and ADVANCE.get((state, to))
            yield {'op': 'advance', 'k': k, 'by': by, 'to': to}, \
                'true ' + both(to) if done else 'false ' + both(job)
        for to in ('claimed', 'held', 'delivered', 'uncertain', 'printed', ''):
            yield {'op': 'advance', 'k': k, 'by': by, 'to': to}, 'error P0001 ' + both(job)
        for outcome in ('delivered', 'held', 'uncertain', 'damaged'):
            for pages in (None, -1, 0, 3):
                told = None if pages is not None and pages < 0 else pages
                to = end(state, outcome, told) if good else None
                yield {'op': 'finish', 'k': k, 'by': by, 'outcome': outcome, 'pages': pages}, \
                    '%s %s' % (to, both(to)) if good else 'none ' + both(job)
        yield {'op': 'finish', 'k': k, 'by': by, 'outcome': 'printed', 'pages': 0}, \
            ('error P0001 ' if good else 'none ') + both(job)
    yield {'op': 'refence', 'k': k}, ('taken ' if is_open else 'none ') + both(job)
    yield {'op': 'claim'}, 'claimed ' + both('claimed') if job == 'held' else 'none ' + both(job)
    gone = job in ('held', 'uncertain')
    yield {'op': 'cancel'}, 'true cancelled %s ended' % job if gone else 'false ' + both(job)
    yield {'op': 'missing'}, 'true damaged held ended' if job == 'held' else 'false ' + both(job)


def of_table():
    for name, steps, answers, state, refenced, k, *more in beginnings():
        job = more[0] if more else state
        for step, answer in last_words(state, refenced, k, job):
            yield '%s: %s' % (name, ' '.join(str(v) for v in step.values())), steps + [step], answers + [answer]


def groups():
    return [('plain, every order of writes that the model knows', list(of_model('plain'))),
            ('held-commit, every order of writes that the model knows', list(of_model('held'))),
            ('every write in every state, with every fence', list(of_table()))]


def check():
    got = {}
    for line in sys.stdin:
        number, _, answers = line.partition('\t')
        got[int(number)] = json.loads(answers)
    n = bad = 0
    for i, (name, walks) in enumerate(groups()):
        wrong = []
        writes = 0
        for what, steps, answers in walks:
            n += 1
            writes += len(steps)
            if got.get(n) != answers:
                wrong.append((what, got.get(n), answers))
        print('%sok %d - %s: %d walks, %d writes' % ('not ' if wrong or not walks else '', i + 1, name, len(walks), writes))
        for what, is_, want in wrong[:10]:
            print('#   %s\n#     got:  %s\n#     want: %s' % (what, is_, want))
        bad += bool(wrong)
    print('%sok 4 - nothing else was answered' % ('' if len(got) == n else 'not '))
    print('1..4')
    return 1 if bad or len(got) != n else 0


if __name__ == '__main__':
    if sys.argv[1] == 'steps':
        number = 0
        for _, walks in groups():
            for _, steps, _ in walks:
                number += 1
                print('%d\t%s' % (number, json.dumps(steps)))
    else:
        sys.exit(check())
