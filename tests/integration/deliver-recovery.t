#!/usr/bin/python3
"""hf-deliver when something breaks: every row of the recovery table of doc/release-protocol.md, after a crash
of the process and after a failure of the printer, in both modes; nothing printed twice, nothing lost."""
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, (os.environ.get('HF_ROOT') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))) +
                '/tests/sim')
from deliverkit import *  # noqa: E402


# ------------------------------------------------------------ broken off

@both
def a_printer_that_dies_in_mid_document(mode):
    with Bench(mode, '--pages-per-second', '200') as b:
        for cut in ('abort', 'process', 'wait'):
            b.sim.cmd('set cut ' + cut)
            b.sim.cmd('fault drop op=Send-Document at=400000 times=1')
            a, token, sha = b.go(1 << 20)
            m = b.d.finish(a, 30)
            out = len(b.sim.pages(token))
            if b.hold:
                ok(m['outcome'] == 'held' and out == 0, '%s, %s: nothing printed, held (%s)' % (mode, cut, m['text']), m, out)
            else:
                ok(m['outcome'] == ('uncertain' if out else 'held') and (out == 0 or m['impressions'] == out),
                   '%s, %s: %d pages out, %s' % (mode, cut, out, m['outcome']), m, out)
            ok('broke' in m['text'] and 'printer p3' in m['text'], '%s, %s: "%s"' % (mode, cut, m['text']), m)
            b.until(lambda s: all(j['state'] >= 7 for j in s['jobs']))
            ok(b.d.steps(a) == ['created'], '%s, %s: never told to be %s' % (mode, cut, last(mode)), b.d.steps(a))
        a, token, sha = b.go()
        ok(b.d.finish(a)['outcome'] == 'delivered', '%s: the next one is fine' % mode)


@both
def no_page_before_the_first_byte(mode):
    with Bench(mode) as b:
        for fault, want in (('drop op=Create-Job times=1', 'held'), ('drop act=1 op=Create-Job times=1', 'held'),
                            ('no-job-id op=Create-Job times=1', 'held'), ('wrong-job-id add=7 op=Create-Job times=1', 'held'),
                            ('garbage op=Create-Job times=1', 'held'), ('status code=0x500 op=Create-Job times=1', 'held'),
                            ('drop op=Send-Document times=1', 'held'), ('status code=0x500 op=Send-Document times=1', 'held'),
                            ('http code=301 location=http://127.0.0.1:1/ op=Create-Job times=1', 'held')):
            b.sim.cmd('fault ' + fault)
            a, token, sha = b.go()
            m = b.d.finish(a, 40)
            ok(m['outcome'] == want and not b.sim.pages(token), '%s: %s: %s, %s' % (mode, fault, want, m['text']), m)
            open_jobs = [j for j in b.sim.job(token) if j['state'] < 7]
            ok(not open_jobs, '%s: %s: no job of ours is left open' % (mode, fault), open_jobs)
            b.sim.cmd('clear')


@both
def a_document_refused_in_the_middle(mode):
    with Bench(mode) as b:
        b.sim.cmd('fault early op=Send-Document times=1 text=unreadable')
        a, token, sha = b.go(16 << 20)
        m = b.d.finish(a, 30)
        ok(m['outcome'] == 'held' and 'unreadable' in m['text'] and not b.sim.pages(token) and
           b.sim.job(token)[0]['state'] == 7, '%s: its own words, job cancelled, held: %s' % (mode, m['text']), m)


@both
def an_answer_that_does_not_come(mode):
    """The document is at the printer whole, only its word is missing."""
    with Bench(mode) as b:
        b.sim.cmd('fault drop act=1 op=Send-Document times=1')
        a, token, sha = b.go()
        m = b.d.finish(a, 40)
        out = len(b.sim.pages(token))
        want = 'held' if b.hold else 'uncertain'
        ok(m['outcome'] == want and (out == 0) == b.hold, '%s: Send-Document unanswered: %s (%s)' % (mode, want, m['text']),
           m, out)
        if b.hold:
            b.sim.cmd('fault drop act=1 op=Release-Job times=1')
            a, token, sha = b.go()
            m = b.d.finish(a, 40)
            ok(m['outcome'] == 'delivered' and len(b.sim.pages(token)) == 4, 'Release-Job unanswered but done: delivered', m)
            b.sim.cmd('fault drop op=Release-Job times=1')
            a, token, sha = b.go()
            m = b.d.finish(a, 40)
            ok(m['outcome'] == 'delivered' and len(b.sim.pages(token)) == 4, 'Release-Job lost once: said again', m)
            b.sim.cmd('fault drop op=Release-Job times=3')
            a, token, sha = b.go()
            m = b.d.finish(a, 40)
            ok(m['outcome'] == 'held' and not b.sim.pages(token), 'Release-Job lost: cancelled, held', m)
            b.sim.cmd('fault ignore op=Cancel-Job times=1')
            b.sim.cmd('fault drop op=Release-Job times=1')
            a, token, sha = b.go()
            m = b.d.finish(a, 40)
            ok(m['outcome'] == 'delivered' and len(b.sim.pages(token)) == 4, 'Release-Job lost once: said again', m)
            b.sim.cmd('fault drop op=Release-Job times=3')
            a, token, sha = b.go()
            m = b.d.finish(a, 40)
            ok(m['outcome'] == 'held' and not b.sim.pages(token), 'Cancel-Job without effect: asked again', m)


@both
def a_lying_counter_is_not_believed(mode):
    with Bench(mode, '--cut', 'process') as b:
        b.sim.cmd('set counters zero')
        a, token, sha = b.go()
        m = b.d.finish(a)
        ok(m['outcome'] == 'delivered' and m['impressions'] == 0, '%s: it completes a job and says 0 pages' % mode, m)
        b.sim.cmd('fault drop op=Send-Document at=400000 times=1')
        a, token, sha = b.go(1 << 20)
        m = b.d.finish(a, 30)
        ok(m['outcome'] == 'uncertain', '%s: so its 0 proves nothing: %s' % (mode, m['text']), m)
        b.sim.cmd('set counters none')
        b.sim.cmd('fault drop op=Send-Document at=400000 times=1')
        a, token, sha = b.go(1 << 20)
        m = b.d.finish(a, 30)
        ok(m['outcome'] == 'uncertain' and m['impressions'] == -1, '%s: no counter, no certainty' % mode, m)


@both
def ended_at_the_panel(mode):
    with Bench(mode, '--pages-per-second', '20') as b:
        a, token, sha = b.go(1 << 20)
        b.until(lambda s: b.sim.job(token) and b.sim.job(token)[0]['printed'] >= 3)
        b.sim.cmd('panel cancel')
        m = b.d.finish(a)
        ok(m['outcome'] == 'uncertain' and m['impressions'] == len(b.sim.pages(token)) > 2,
           '%s: cancelled after %d pages: uncertain' % (mode, m['impressions']), m)
        b.sim.cmd('jam 1')
        a, token, sha = b.go(300000)
        b.d.wait(lambda m: m['type'] == ADVANCE and m['attempt'] == a and m['to'] == last(mode), 20, seen=0)
        b.until(lambda s: s['stopped'])
        b.sim.cmd('panel cancel')
        m = b.d.finish(a)
        ok(m['outcome'] == 'held' and not b.sim.pages(token), '%s: cancelled before the first page: held, %s' % (mode, m['text']), m)


@both
def a_reboot_is_uncertain_not_printed(mode):
    with Bench(mode, '--pages-per-second', '10') as b:
        a, token, sha = b.go(1 << 20)
        b.d.wait(lambda m: m['type'] == ADVANCE and m['attempt'] == a and m['to'] == last(mode), 20, seen=0)
        b.until(lambda s: b.sim.job(token)[0]['printed'] >= 1)
        b.sim.cmd('reboot down=0.5')
        m = b.d.finish(a, 30)
        ok(m['outcome'] == 'uncertain', '%s: history lost: %s' % (mode, m['text']), m)
        b.sim.cmd('set up-time 5000')
        a, token, sha = b.go(1 << 20)
        b.d.wait(lambda m: m['type'] == ADVANCE and m['attempt'] == a and m['to'] == last(mode), 20, seen=0)
        b.until(lambda s: b.sim.job(token)[0]['printed'] >= 1)
        b.sim.cmd('reboot history=keep jobs=keep ids=on')
        m = b.d.finish(a, 30)
        ok(m['outcome'] == 'uncertain', '%s: the job survived but the up-time went down' % mode, m)


@both
def a_number_used_again_is_not_our_job(mode):
    with Bench(mode, '--pages-per-second', '10') as b:
        m, token = b.stall_at(last(mode), 1 << 20)
        b.sim.cmd('reboot up-time=%d' % (m['up_time'] + 100))
        a, other, sha = b.go(1000)
        ok(b.d.finish(a)['outcome'] == 'delivered' and b.sim.job(other)[0]['id'] == m['job_id'],
           '%s: another job has its number now, and is done' % mode)
        f = b.recover(RELEASING if b.hold else SENT, token, m)
        ok(f['outcome'] == 'uncertain', '%s: the first is not taken for delivered' % mode, f)


# ------------------------------------------------------------ the recovery table

@both
def recovery_of_claimed(mode):
    with Bench(mode) as b:
        f = b.recover(CLAIMED, os.urandom(16).hex())
        ok(f['outcome'] == 'held', '%s: claimed, no job with our token: held' % mode, f)
        m, token = b.stall_at('created')
        f = b.recover(CLAIMED, token)
        ok(f['outcome'] == 'held' and b.sim.job(token)[0]['state'] == 7, '%s: claimed, our empty job: cancelled, held' % mode, f)
        m, token = b.stall_at('created')
        b.sim.cmd('fault status code=0x0404 op=Get-Jobs')
        f = b.recover(CLAIMED, token)
        ok(f['outcome'] == 'held', '%s: claimed, a list we may not see: held' % mode, f)


@both
def recovery_of_created(mode):
    with Bench(mode) as b:
        m, token = b.stall_at('created')
        f = b.recover(CREATED, token, m)
        ok(f['outcome'] == 'held' and b.sim.job(token)[0]['state'] == 7, '%s: created, empty: cancelled, 0 pages: held' % mode, f)
        m, token = b.stall_at(last(mode))
        f = b.recover(CREATED, token, m)
        out = len(b.sim.pages(token))
        ok(f['outcome'] == ('held' if b.hold else 'uncertain') and (out == 0) == b.hold,
           '%s: created, whole document there: %s' % (mode, f['outcome']), f, out)
        m, token = b.stall_at('created')
        b.sim.cmd('panel cancel')
        b.sim.cmd('forget')
        f = b.recover(CREATED, token, m)
        ok(f['outcome'] == 'uncertain', '%s: created, not found: uncertain' % mode, f)
        m, token = b.stall_at('created')
        f = b.recover(CREATED, token, dict(m, job_id=m['job_id'] + 50, uuid=''))
        ok(f['outcome'] == 'held' and b.sim.job(token)[0]['state'] == 7, '%s: created, found by token where the number is wrong' % mode, f)


@test
def recovery_of_releasing():
    with Bench('held-commit') as b:
        m, token = b.stall_at('releasing')
        f = b.recover(RELEASING, token, m)
        ok(f['outcome'] == 'held' and not b.sim.pages(token), 'releasing, still pending-held: cancelled, held', f)
        m, token = b.stall_at('releasing')
        b.sim.cmd('panel release')
        f = b.recover(RELEASING, token, m)
        ok(f['outcome'] == 'delivered' and len(b.sim.pages(token)) == 4, 'releasing, completed: delivered', f)
        m, token = b.stall_at('releasing')
        b.sim.cmd('jam 2')
        b.sim.cmd('panel release')
        a = b.d.recover(RELEASING, token, m['job_id'], m['uuid'], m['up_time'])
        p = b.d.wait(lambda m: m['type'] == PROGRESS and m['text'] == 'printer has a paper jam', 15)
        ok(p['impressions'] == 1, 'releasing, stopped: watched, and the user told')
        b.sim.cmd('start')
        ok(b.d.finish(a)['outcome'] == 'delivered', 'and delivered in the end')
        m, token = b.stall_at('releasing')
        b.sim.cmd('set cut abort')
        b.sim.cmd('panel cancel')
        f = b.recover(RELEASING, token, m)
        ok(f['outcome'] == 'held' and not b.sim.pages(token), 'releasing, canceled with 0 pages: held', f)
        m, token = b.stall_at('releasing')
        b.sim.cmd('panel release')
        b.until(lambda s: b.sim.job(token)[0]['state'] == 9)
        b.sim.cmd('forget')
        f = b.recover(RELEASING, token, m)
        ok(f['outcome'] == 'uncertain', 'releasing, not found: uncertain', f)


@test
def recovery_of_sent():
    with Bench('plain', '--pages-per-second', '20') as b:
        m, token = b.stall_at('sent')
        f = b.recover(SENT, token, m)
        ok(f['outcome'] == 'delivered' and len(b.sim.pages(token)) == 4, 'sent, printing: watched, delivered', f)
        m, token = b.stall_at('sent', 1 << 20)
        b.until(lambda s: b.sim.job(token)[0]['printed'] >= 2)
        b.sim.cmd('panel cancel')
        f = b.recover(SENT, token, m)
        ok(f['outcome'] == 'uncertain' and f['impressions'] == len(b.sim.pages(token)), 'sent, canceled: uncertain, with the count', f)
        m, token = b.stall_at('sent')
        b.until(lambda s: b.sim.job(token)[0]['state'] == 9)
        b.sim.cmd('forget')
        f = b.recover(SENT, token, m)
        ok(f['outcome'] == 'uncertain', 'sent, not found: uncertain', f)
        b.sim.cmd('set up-time 9000')
        m, token = b.stall_at('sent', 1 << 20)
        b.sim.cmd('set up-time 10')
        f = b.recover(SENT, token, m)
        ok(f['outcome'] == 'uncertain', 'sent, up-time went down: uncertain', f)


@both
def recovery_of_the_unreachable(mode):
    with Bench(mode) as b:
        m, token = b.stall_at(last(mode))
        b.sim.cmd('reboot down=600 history=keep jobs=keep ids=on')
        a = b.d.recover(RELEASING if b.hold else SENT, token, m['job_id'], m['uuid'], 0)
        p = b.d.wait(lambda m: m['type'] == PROGRESS and m['attempt'] == a, 5)
        f = b.d.finish(a, 40)
        ok(f['outcome'] == 'unreachable' and 'printer p3' in f['text'], '%s: unreachable: %s' % (mode, f['text']), f)


@both
def a_new_fence_ends_the_old_attempt(mode):
    with Bench(mode) as b:
        b.d.answer = lambda m: None if m['to'] == 'created' else True
        path, key, sha = b.doc(100000)
        token = os.urandom(16).hex()
        a = b.d.deliver(path, key, token, attempt=77, fence=5)
        m = b.d.wait(lambda m: m['type'] == ADVANCE, seen=0)
        b.d.recover(CREATED, token, m['job_id'], m['uuid'], m['up_time'], attempt=77, fence=6)
        f = b.d.finish(77)
        ok(f['outcome'] == 'held' and f['fence'] == 6, '%s: recovered under the new fence' % mode, f)
        b.d.advanced(77, True)
        b.d.probe()
        ok('Send-Document' not in b.sim.ops() and len([m for m in b.d.log if m['type'] == FINISH]) == 1,
           '%s: the old one sends nothing any more' % mode, b.sim.ops())


# ------------------------------------------------------------ killed anywhere

@both
def killed_at_random_moments(mode):
    """HF_SEED repeats a run, HF_KILLS makes it longer."""
    seed = int(os.environ.get('HF_SEED') or int.from_bytes(os.urandom(4), 'big'))
    kills = int(os.environ.get('HF_KILLS') or (15 if ASAN else 60))
    dice = random.Random(seed)
    wrong, ends = [], {}
    with Bench(mode, '--pages-per-second', '300', '--cut', 'process') as b:
        for _ in range(kills):
            b.sim.cmd('set cut ' + dice.choice(['abort', 'process', 'wait']))
            before = len(b.d.log)
            a, token, sha = b.go(dice.choice([1000, 200000, 700000]))
            end = time.monotonic() + dice.uniform(0, 0.03)
            while time.monotonic() < end:
                b.d.pump(end - time.monotonic())
            b.d.proc.kill()
            b.d.proc.wait()
            try:
                while True:         # what it managed to say is what the queue has written down
                    if b.d.pump(0) is None:
                        break
            except (EOFError, OSError):
                pass
            said = [m for m in b.d.log[before:] if m['type'] in (ADVANCE, FINISH) and m['attempt'] == a]
            b.d.sock.close()
            b.start()
            last_word = said[-1] if said else None
            if last_word and last_word['type'] == FINISH:
                f = last_word
            else:
                states = {None: CLAIMED, 'created': CREATED, 'releasing': RELEASING, 'sent': SENT}
                f = b.recover(states[last_word and last_word['to']], token, last_word, 40)
            out, pages = [p['page'] for p in b.sim.pages(token)], b.sim.job(token)
            whole = pages and pages[0]['state'] == 9 and pages[0]['whole']
            ends[f['outcome']] = ends.get(f['outcome'], 0) + 1
            live = [j for j in pages if j['state'] < 7]
            if len(set(out)) != len(out) or (f['outcome'] == 'held' and (out or [j for j in live if j['bytes']])) or \
               (f['outcome'] == 'delivered' and not whole):
                wrong.append((f, out, pages))
    ok(not wrong, '%s: %d kills, none lost, none doubled: %s (HF_SEED=%d)' % (mode, kills, ends, seed), wrong[:3], seed)


# ------------------------------------------------------------ a number used again

@both
def a_number_used_again_while_we_hold_it(mode):
    """The printer restarts and gives our job-id to somebody else before we use it the next time."""
    with Bench(mode) as b:
        for step in ('created', 'releasing') if b.hold else ('created',):
            b.d.answer = lambda m: None if m['to'] == step else True
            a, token, sha = b.go()
            m = b.d.wait(lambda m: m['type'] == ADVANCE and m['attempt'] == a and m['to'] == step, seen=0)
            b.sim.cmd('reboot')
            while True:
                theirs = json.loads(b.sim.cmd('make somebody-elses' + (' whole' if step == 'releasing' else '')))
                if theirs['id'] >= m['job_id']:
                    break
            ok(theirs['id'] == m['job_id'], '%s, %s: the number is used again' % (mode, step), theirs, m)
            b.d.advanced(a, True)
            f = b.d.finish(a, 30)
            j = [j for j in b.sim.state()['jobs'] if j['uuid'] == theirs['uuid']][0]
            ok(f['outcome'] == ('held' if step == 'created' else 'uncertain'), '%s, %s: %s' % (mode, step, f['outcome']), f)
            ok(j['bytes'] == (1000 if step == 'releasing' else 0) and j['state'] == (4 if b.hold else 3),
               '%s, %s: the other job got nothing, was neither released nor cancelled' % (mode, step), j)
            b.sim.cmd('panel cancel')
            b.sim.cmd('forget')


@both
def a_refusal_after_the_good_word(mode):
    with Bench(mode) as b:
        b.sim.cmd('jam 2')
        a, token, sha = b.go()
        b.until(lambda s: s['stopped'] and last(mode) in b.d.steps(a))
        b.d.advanced(a, False)
        b.until(lambda s: b.sim.job(token)[0]['state'] == 7)
        ok(not [m for m in b.d.log if m['type'] == FINISH], '%s: cancelled, and nothing more said' % mode)


@both
def a_connection_that_ends_between_two_steps(mode):
    """… is made again, and the document sent, if the job is still there."""
    with Bench(mode) as b:
        b.d.answer = lambda m: None if m['to'] == 'created' else True
        a, token, sha = b.go()
        b.d.wait(lambda m: m['type'] == ADVANCE, seen=0)
        b.sim.cmd('close')
        b.d.advanced(a, True)
        f = b.d.finish(a, 30)
        ok(f['outcome'] == 'delivered' and len(b.sim.pages(token)) == 4, '%s: before the document' % mode, f)
        b.d.answer = lambda m: None if m['to'] == 'releasing' else True
        if b.hold:
            a, token, sha = b.go()
            b.d.wait(lambda m: m['type'] == ADVANCE and m['attempt'] == a and m['to'] == 'releasing', seen=0)
            b.sim.cmd('close')
            b.d.advanced(a, True)
            f = b.d.finish(a, 30)
            ok(f['outcome'] == 'delivered' and len(b.sim.pages(token)) == 4, '%s: before Release-Job' % mode, f)


main()
