#!/usr/bin/python3
"""apidrive.py S ROOT : drives the web interface of the system in S (tests/integration/api.t); TAP."""
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
import uuid

S, ROOT = sys.argv[1:3]
PORT = int(open(S + '/run/https.port').read())
ORIGIN = 'https://localhost:%d' % PORT
PEOPLE = {'uma': 'user', 'helga': 'help-desk', 'otto': 'operator', 'ada': 'administrator', 'audrey': 'auditor'}
SETS = {'U': PEOPLE.values(), 'S': ['help-desk', 'operator', 'administrator', 'auditor'], 'O': ['operator', 'administrator'],
        'R': ['operator', 'administrator', 'auditor'], 'H': ['help-desk', 'administrator'], 'P': ['help-desk', 'administrator', 'auditor'],
        'E': ['administrator', 'auditor'], 'A': ['administrator']}
CONTEXT = ssl.create_default_context(cafile=S + '/tls/server.crt')
count = failed = 0


def ok(cond, name, *why):
    global count, failed
    count += 1
    print('%sok %d - %s' % ('' if cond else 'not ', count, name), flush=True)
    if not cond:
        failed += 1
        for w in why:
            print('#', str(w)[:2000].replace('\n', '\n# '))
    return cond


def eq(got, want, name):
    return ok(got == want, name, 'got  %r' % (got,), 'want %r' % (want,))


def sql(text, user='hf-db', role='hf-db'):
    r = subprocess.run(['setpriv', '--reuid', user, '--regid', user, '--clear-groups', 'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1',
                        '-h', S + '/run/pg', '-U', role, '-d', 'holdfast', '-c', text], capture_output=True, text=True)
    if r.returncode:
        raise SystemExit('psql: ' + r.stderr)
    return r.stdout.strip()


def job(owner, age_s=0, queue='office'):
    """One held job, as role queue would index it; only the sealed file is missing."""
    j = str(uuid.uuid4())
    sql("select hf.job_adopt('%s', '%s', '%s', 'application/pdf', 1000, extract(epoch from now())::bigint - %d, extract(epoch from now())::bigint + 36000, "
        "1, 0, 0, '\\x0102030405060708', '\\x0102030405060708', sha256('%s'), sha256('%s'))" % (j, owner, queue, age_s, j, j), 'hf-queue', 'hf_release')
    return j


class Answer:
    def __init__(self, r):
        self.status, self.headers, self.body = r.status, r.headers, r.read()
        self.json = json.loads(self.body) if 'json' in (r.headers.get('Content-Type') or '') else None


class Browser:
    """One person's browser: a cookie, a CSRF token, one connection."""
    def __init__(self):
        self.cookie = self.csrf = None
        self.c = None

    def ask(self, method, path, body=None, csrf=True, origin=ORIGIN, headers=None):
        h = dict(headers or {})
        if self.cookie:
            h['Cookie'] = self.cookie
        if method != 'GET':
            if csrf and self.csrf:
                h['X-CSRF-Token'] = csrf if isinstance(csrf, str) else self.csrf
            if origin:
                h['Origin'] = origin
        if body is not None:
            h['Content-Type'] = 'application/json'
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        for again in (True, False):
            try:
                if self.c is None:
                    self.c = http.client.HTTPSConnection('localhost', PORT, context=CONTEXT, timeout=20)
                self.c.request(method, path, body, h)
                a = Answer(self.c.getresponse())
                break
            except (http.client.HTTPException, ConnectionError):
                self.c = None
                if not again:
                    raise
        if a.headers.get('Connection') == 'close':
            self.c = None
        return a

    def login(self, user, password=None):
        a = self.ask('POST', '/v1/session', {'user': user, 'password': password or 'secret of ' + user})
        if a.status == 200:
            self.cookie = a.headers['Set-Cookie'].split(';')[0]
            self.csrf = a.json['csrf']
        return a


def problem(a, status, code, name):
    return ok(a.status == status and a.headers['Content-Type'] == 'application/problem+json' and a.json.get('code') == code and
              a.json.get('status') == status and a.json.get('title') and a.json.get('detail'), name, a.status, a.headers, a.body)


# --- logging in
nobody = Browser()
a = nobody.login('uma')
eq(a.status, 200, 'a person logs in')
ok(re.fullmatch(r'__Host-hf=[0-9a-f]{64}; Path=/; Secure; HttpOnly; SameSite=Strict', a.headers['Set-Cookie']), 'their cookie is for this host alone', a.headers)
eq((a.json['user'], a.json['role'], a.json['display']), ('uma', 'user', 'Somebody <b>uma</b>'), 'and they are told who they are')
ok(a.headers['Cache-Control'] == 'no-store', 'nothing of it is stored')
wrong = [Browser().login('uma', 'wrong'), Browser().login('ghost', 'wrong'), Browser().login('nopass', 'wrong')]
ok(len({w.body for w in wrong}) == 1, 'wrong password, nobody of that name, no password: one answer', [w.body for w in wrong])
problem(wrong[0], 403, 'denied', 'which says no more')
problem(Browser().ask('POST', '/v1/session', {'user': 'uma', 'password': 'x'}, origin='https://evil.example'), 403, 'denied', 'a foreign page cannot log in')
problem(Browser().ask('POST', '/v1/session', {'user': 'uma'}), 400, 'input', 'a name alone is no log-in')
problem(Browser().ask('POST', '/v1/session', {'user': 'u' * 300, 'password': 'x'}), 400, 'input', 'nor is a name of 300 bytes')
problem(Browser().ask('POST', '/v1/session', b'{"user":"uma","password":"a\\u0000b"}'), 400, 'input', 'nor a password with NUL')
ok('secret of uma' not in open(S + '/log/released.log').read() + open(S + '/log/holdfastd.log').read(), 'no password is in a log')
ok(a.headers['Set-Cookie'][10:74] not in sql('select string_agg(s::text, chr(10)) from hf.web_session s'), 'the database does not know the cookie')

b = {}
for p in PEOPLE:
    b[p] = Browser()
    if b[p].login(p).status != 200:
        raise SystemExit(p + ' cannot log in')

# --- the table: doc/api.md, the document, and what really happens
doc = open(ROOT + '/doc/api.md').read()
told = {}
for m in re.finditer(r'^\| (GET|POST|PUT|DELETE) (/v1/\S+) \| (anyone|[A-Z]) \|', doc, re.M):
    told[(m[1], m[2])] = m[3]
told[('GET', '/v1/live')] = 'U'
openapi = Browser().ask('GET', '/v1/openapi.json').json
routes = {(m.upper(), p): op for p, ms in openapi['paths'].items() for m, op in ms.items()}
eq(openapi['openapi'], '3.1.0', 'the interface describes itself')
restricted = {k for k, op in routes.items() if 'x-holdfast-roles' in op}
eq(sorted(restricted), sorted(k for k, who in told.items() if who != 'anyone'), 'it has the routes of doc/api.md and no other that want a session')
for k in sorted(restricted):
    eq(sorted(routes[k]['x-holdfast-roles']), sorted(SETS[told[k]]), '%s %s is for who doc/api.md says' % k)
NOBODY = '00000000-0000-4000-8000-000000000000'
VALUES = {'string': 'x', 'boolean': True, 'integer': 1}


def body_of(op):
    if 'requestBody' not in op:
        return None
    schema = op['requestBody']['content']['application/json']['schema']
    return {n: '1-' + 32 * '0' if n == 'confirm' else 'held' if n == 'state' else 'user' if n == 'role' else VALUES[t['type']]
            for n, t in schema['properties'].items()}


state = "select md5(string_agg(x, '')) from (select j::text as x from hf.job j union all select p::text from hf.printer p union all select n::text from hf.person n) s"
before = sql(state)
for method, path in sorted(restricted - {('DELETE', '/v1/session'), ('GET', '/v1/live')}):
    op = routes[(method, path)]
    real = path.replace('{id}', NOBODY).replace('{name}', 'ghost')
    body = body_of(op)
    problem(Browser().ask(method, real, body), 401, 'login', 'nobody: %s %s' % (method, path))
    got = {p: b[p].ask(method, real, body).status for p in PEOPLE}
    may = SETS[told[(method, path)]]
    ok(all((got[p] != 403) == (PEOPLE[p] in may) and got[p] in (200, 403, 404, 409) for p in PEOPLE), '%s %s: each role gets what is its' % (method, path), got)
    if method != 'GET':
        problem(b['ada'].ask(method, real, body, csrf=False), 403, 'denied', '… without CSRF token: refused')
        problem(b['ada'].ask(method, real, body, csrf=b['otto'].csrf), 403, 'denied', "… with another's: refused")
        problem(b['ada'].ask(method, real, body, origin='https://localhost:1'), 403, 'denied', '… from another origin: refused')
eq(sql(state), before, 'and nothing of all that changed anything')
for p in PEOPLE:
    eq(sorted(b[p].ask('GET', '/v1/session').json['may']), sorted('%s %s' % k for k in restricted if PEOPLE[p] in SETS[told[k]]), p + ' is told what they may')
for method, path in (('PUT', '/v1/jobs'), ('POST', '/v1/me'), ('DELETE', '/v1/admin/people/ada'), ('PATCH', '/v1/session')):
    ok(b['ada'].ask(method, path).status in (404, 405), '%s %s is not in the table' % (method, path))

# --- cookies of every wrong kind
for name, cookie in (('one digit short', '__Host-hf=' + 63 * 'a'), ('a stranger', '__Host-hf=' + 64 * 'a'), ('not hex', '__Host-hf=' + 64 * 'g'),
                     ('twice', b['uma'].cookie + '; ' + b['ada'].cookie), ('another name', b['ada'].cookie.replace('__Host-hf', 'hf')), ('empty', '__Host-hf=')):
    x = Browser()
    x.cookie = cookie
    a = x.ask('GET', '/v1/me')
    problem(a, 401, 'login', 'a cookie that is %s' % name)
ok('Max-Age=0' in a.headers['Set-Cookie'] and a.headers['WWW-Authenticate'], 'is taken away', a.headers)
x = Browser()
x.cookie = 'a=b; ' + b['uma'].cookie + '; c=d'
eq(x.ask('GET', '/v1/me').status, 200, 'others beside it do not matter')

# --- one's own
mine = [job('uma', age_s=60 * i) for i in range(5)]
theirs = job('otto')
a = b['uma'].ask('GET', '/v1/jobs')
eq([j['id'] for j in a.json['items']], mine, 'uma sees her jobs, newest first')
ok(set(a.json['items'][0]) == {'id', 'owner', 'queue', 'format', 'bytes', 'submitted', 'expires', 'copies', 'sides', 'color', 'state', 'state_at', 'reason', 'printer',
                               'impressions', 'released_by'} and re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z', a.json['items'][0]['submitted']), 'each whole', a.body)
page, seen = '/v1/jobs?limit=2', []
while page:
    a = b['uma'].ask('GET', page).json
    seen.append([j['id'] for j in a['items']])
    if len(seen) == 1:
        newer = job('uma', age_s=-5)    # comes while the list is read
    page = a['next'] and '/v1/jobs?limit=2&after=' + a['next']
eq(seen, [mine[0:2], mine[2:4], mine[4:5]], 'pages go on where the last ended, whatever has come meanwhile')
for q in ('limit=0', 'limit=201', 'limit=x', 'limit=1&limit=1', 'after=1', 'after=x.y', 'offset=3', 'limit=%zz', 'after=%00', 'owner=otto'):
    problem(b['uma'].ask('GET', '/v1/jobs?' + q), 400, 'input', 'a query of %s' % q)
problem(b['uma'].ask('DELETE', '/v1/jobs/' + theirs), 404, 'not-found', "another person's job is not there")
problem(b['ada'].ask('DELETE', '/v1/jobs/' + theirs), 404, 'not-found', 'that way not for an administrator either')
problem(b['uma'].ask('DELETE', '/v1/jobs/..%2f' + theirs), 400, 'input', 'a path within a path is none')
problem(b['uma'].ask('DELETE', '/v1/jobs/1'), 404, 'not-found', 'nor a number')
a = b['uma'].ask('DELETE', '/v1/jobs/' + mine[0])
ok(a.status == 204 and a.body == b'' and 'Content-Length' not in a.headers, 'her own she deletes', a.status, a.headers)
problem(b['uma'].ask('DELETE', '/v1/jobs/' + mine[0]), 409, 'conflict', 'once')
problem(b['uma'].ask('POST', '/v1/jobs/%s/again' % theirs, {'anyway': True}), 404, 'not-found', "printing another person's job again: it is not there")
problem(b['ada'].ask('POST', '/v1/jobs/%s/again' % theirs, {'anyway': True}), 404, 'not-found', 'nor for an administrator, who may only delete')
problem(b['uma'].ask('POST', '/v1/jobs/%s/again' % mine[1], {'anyway': False}), 409, 'conflict', 'a held job is not uncertain')
problem(b['uma'].ask('POST', '/v1/jobs/%s/again' % mine[1], {}), 400, 'input', 'it must say whether to wait for the old printer')
eq([(j['id'], j['state'], j['reason']) for j in b['uma'].ask('GET', '/v1/history').json['items']], [(mine[0], 'cancelled', 'deleted by its owner')], 'it is in her history')
me = b['uma'].ask('GET', '/v1/me').json
eq((me['held'], me['uncertain'], me['badges']), (5, 0, 0), 'and she has five')
sql("insert into hf.badge (id, hash, kind, person, label) values ('%s', sha256('1'), 1, 'uma', 'blue'), ('%s', sha256('2'), 1, 'otto', '')" % (mine[0], theirs))
eq([(x['id'], x['label']) for x in b['uma'].ask('GET', '/v1/badges').json['items']], [(mine[0], 'blue')], 'her badge')
problem(b['uma'].ask('POST', '/v1/badges/%s/revoke' % theirs, {}), 404, 'not-found', "nobody else's")
problem(b['uma'].ask('POST', '/v1/badges/%s/revoke' % mine[0], {'x': 1}), 400, 'input', 'a body with a name too many')
eq(b['uma'].ask('POST', '/v1/badges/%s/revoke' % mine[0], {}).status, 204, 'she revokes it')
problem(b['uma'].ask('POST', '/v1/badges/%s/revoke' % mine[0], {}), 409, 'conflict', 'once')
eq(sql("select actor from hf.event where kind = 'badge.revoked'"), 'uma', 'in her own name')

# --- administration
old = job('dora', age_s=7200)
eq([j['id'] for j in b['helga'].ask('GET', '/v1/admin/jobs?owner=dora&state=held&older_than_h=1&queue=office').json['items']], [old], 'jobs by owner, state, age and queue')
eq(b['helga'].ask('GET', '/v1/admin/jobs?owner=%27%20or%201%3D1').json['items'], [], 'a filter is a value, not a statement')
want = {'state': 'held', 'older_than_h': 1, 'queue': '', 'owner': ''}
a = b['otto'].ask('POST', '/v1/admin/purge/preview', want)
eq((a.status, a.json['jobs'], a.json['people']), (200, 1, 1), 'a purge is previewed')
problem(b['otto'].ask('POST', '/v1/admin/purge', dict(want, older_than_h=0, confirm=a.json['confirm'])), 409, 'conflict', 'another purge is not what was confirmed')
problem(b['otto'].ask('POST', '/v1/admin/purge', dict(want, confirm="1'--")), 400, 'input', 'what no preview answered is no confirmation')
eq(b['otto'].ask('POST', '/v1/admin/purge', dict(want, confirm=a.json['confirm'])).json, {'jobs': 1}, 'and done')
eq(sql("select state || ' ' || reason from hf.job where id = '%s'" % old), 'cancelled purged', 'the old job is gone')
eq(b['otto'].ask('POST', '/v1/admin/jobs/%s/cancel' % theirs, {'reason': 'asked to'}).status, 204, 'an operator cancels a job')
sql("insert into hf.printer (name, uri, spki_pin) values ('p1', 'ipps://localhost/ipp/print', 'sha256//' || repeat('A', 43) || '=')")
printer = sql('select id from hf.printer')
eq(b['otto'].ask('POST', '/v1/admin/printers/%s/disable' % printer, {'disabled': True}).status, 204, 'and switches a printer off')
ok(b['helga'].ask('GET', '/v1/admin/printers').json['items'][0]['disabled'], 'which all of the staff see')
problem(b['otto'].ask('POST', '/v1/admin/printers/%s/disable' % printer, {'disabled': 'yes'}), 400, 'input', 'yes is no boolean')
ev = b['audrey'].ask('GET', '/v1/admin/events?kind=printer.disabled&printer=' + printer).json['items']
eq([(e['actor'], e['data']['name']) for e in ev], [('otto', 'p1')], 'the event names who it was')
st = b['audrey'].ask('GET', '/v1/admin/stats?hours=3').json
eq((len(st['hours']), sum(h['submitted'] for h in st['hours']) >= 7, sum(x['jobs'] for x in st['ages'])), (3, True, 5), 'the figures: an entry an hour, held jobs by age')
eq(b['audrey'].ask('GET', '/v1/admin/status').json['held'], 5, 'the fleet at a glance')
eq([p['name'] for p in b['helga'].ask('GET', '/v1/admin/people?name=a').json['items']], ['ada', 'audrey'], 'people by the beginning of their name')
problem(b['ada'].ask('POST', '/v1/admin/people/ada/disable', {'disabled': True}), 409, 'conflict', 'nobody disables themselves')
problem(b['ada'].ask('POST', '/v1/admin/people/uma/role', {'role': 'king'}), 409, 'conflict', 'there are five roles')
eq(b['ada'].ask('POST', '/v1/admin/people/helga/role', {'role': 'auditor'}).status, 204, 'a person gets another role')
problem(b['helga'].ask('GET', '/v1/me'), 401, 'login', 'and must log in again')

# --- live
events, opened = [], threading.Event()


def stream():
    c = http.client.HTTPSConnection('localhost', PORT, context=CONTEXT, timeout=20)
    c.request('GET', '/v1/live', headers={'Cookie': b['uma'].cookie})
    r = c.getresponse()
    events.append((r.status, r.headers['Content-Type']))
    for line in r:
        events.append(line.decode().rstrip('\n'))
        if line == b'data: {}\n':
            opened.set()
        if b'"job"' in line:
            break
    c.close()


problem(Browser().ask('GET', '/v1/live'), 401, 'login', 'a stream wants a session')
t = threading.Thread(target=stream, daemon=True)
t.start()
ok(opened.wait(10), 'a stream says hello')
began = time.monotonic()
job('uma')
t.join(10)
ok(not t.is_alive() and time.monotonic() - began < 3, 'and tells of a new job within a moment', events)
eq(events[0], (200, 'text/event-stream'), 'it is a stream of events')
ok('retry: 3000' in events and 'event: hello' in events and 'event: change' in events, 'in the form of doc/api.md', events)

# --- the end of sessions
one, two = Browser(), Browser()
one.login('dora')
two.login('dora')
a = one.ask('DELETE', '/v1/session')
ok(a.status == 204 and 'Max-Age=0' in a.headers['Set-Cookie'], 'logging out', a.status, a.headers)
problem(one.ask('GET', '/v1/me'), 401, 'login', 'the back button shows nothing')
eq(two.ask('GET', '/v1/me').status, 200, 'the other browser goes on')
sid = [x['id'] for x in b['ada'].ask('GET', '/v1/admin/sessions').json['items'] if x['person'] == 'dora']
eq(b['ada'].ask('POST', '/v1/admin/sessions/%s/end' % sid[0], {}).status, 204, 'an administrator ends it')
problem(two.ask('DELETE', '/v1/jobs/' + NOBODY), 401, 'login', 'in the middle of an action, too')
two.login('dora')
eq(b['ada'].ask('POST', '/v1/admin/people/dora/disable', {'disabled': True}).status, 204, 'a person is disabled')
problem(two.ask('GET', '/v1/me'), 401, 'login', 'their session has ended')
problem(two.login('dora'), 403, 'denied', 'and they cannot log in')
sql("update hf.web_session set last_at = now() - interval '31 minutes' where person = 'uma'")
problem(b['uma'].ask('GET', '/v1/jobs'), 401, 'login', 'half an hour of nothing ends a session')

# --- the database away, and back
sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'hf_web'")
eq([b['otto'].ask('GET', '/v1/me').status for _ in range(3)], [200, 200, 200], 'a broken connection to the database is made again unnoticed')

# --- too many tries
got = [Browser().login('otto', 'wrong %d' % i) for i in range(6)]
eq([g.status for g in got], [403] * 5 + [429], 'after five wrong passwords a pause')
problem(got[-1], 429, 'limit', 'said in words')
ok(int(got[-1].headers['Retry-After']) > 0, 'and seconds')
problem(Browser().login('otto'), 429, 'limit', 'also for the right one')
eq(b['otto'].ask('GET', '/v1/me').status, 200, 'a session there is goes on')

# --- the files of the portal
a = Browser().ask('GET', '/')
if a.status == 200:
    csp = a.headers['Content-Security-Policy']
    ok("default-src 'none'" in csp and 'unsafe' not in csp and a.headers['X-Frame-Options'] == 'DENY', 'the portal comes with a strict policy', csp)
    eq(Browser().ask('GET', '/', headers={'If-None-Match': a.headers['ETag']}).status, 304, 'and once')
    ok(b'<script>' not in a.body and b' style=' not in a.body, 'nothing runs from within the page')
for path in ('/../etc/passwd', '/%2e%2e/etc/passwd', '/server/www/index.html', '/index.html~'):
    ok(Browser().ask('GET', path).status in (400, 404), 'there is no %s' % path)

# --- the examples of doc/api.md, as they stand there
script = re.search(r'## By hand\n\n```sh\n(.*?)```', doc, re.S)[1]
newest = job('audrey')
env = dict(os.environ, CA=S + '/tls/server.crt', URL=ORIGIN, USER='audrey', PASSWORD='secret of audrey')
r = subprocess.run(['bash', '-eu', '-c', script], capture_output=True, text=True, env=env, cwd=S + '/log')
lines = r.stdout.strip().split('\n')
eq((r.returncode, lines[-2:]), (0, [newest + ' held', '204']), 'the examples of doc/api.md do what they say')
print('1..%d' % count)
sys.exit(1 if failed else 0)
