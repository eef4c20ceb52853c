#!/usr/bin/python3
"""The release protocol keeps its promise in every order of events, and each of its rules is needed."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from model import RULES, Model, Search  # noqa: E402

# How many states there are; a model that has become smaller by mistake proves less.
STATES = {'plain': 3750, 'held': 3955}
n = bad = 0


def ok(good, name, *why):
    global n, bad
    n += 1
    bad += not good
    print('%sok %d - %s' % ('' if good else 'not ', n, name))
    for line in why if not good else ():
        print('#   ' + line)


def trace(search, s):
    return ' > '.join(step.says for step in search.way(s))


for mode in ('plain', 'held'):
    s = Search(Model(mode))
    ok(not s.bad, '%s: nothing lost, nothing doubled in %d states' % (mode, len(s.came)),
       *('%s: %s' % (w, trace(s, x)) for w, x in s.bad.items()))
    ok(len(s.came) == STATES[mode], '%s: … that is all of them' % mode, 'want %d' % STATES[mode])
    stuck = s.stuck()
    ok(not stuck, '%s: nothing waits for ever' % mode, *(trace(s, x) for x in stuck[:3]))
    for job in ('held', 'delivered', 'uncertain', 'created', 'releasing' if mode == 'held' else 'sent'):
        ok(s.count(job) > 0, '%s: "%s" happens' % (mode, job))
    print('#   %s: %d states, %d of them uncertain' % (mode, len(s.came), s.count('uncertain')))
    for rule, (says, caught_in) in RULES.items():
        a = Search(Model(mode, rule))
        if mode in caught_in:
            ok(a.bad, '%s, without "%s" (%s): caught' % (mode, says, rule))
            for w, x in a.bad.items():
                print('#   %s: %s' % (w, trace(a, x)))
        else:
            ok(not a.bad, '%s: "%s" (%s) is a rule of the other mode' % (mode, says, rule))
print('1..%d' % n)
sys.exit(1 if bad else 0)
