#!/bin/sh
# The functions in schema/ do what the model says: every order of writes that the model knows, and every write in every
# state with every fence, one after the other on a real PostgreSQL; what is refused there is refused here.
root=${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$root/tests/db/lib.sh"
here=$root/tests/model
db_start > /dev/null
{ echo "select t.stage();"; cat "$here/walk.sql"; echo "create table t.walks (n integer, steps jsonb);"; } | as hf-db > /dev/null
/usr/bin/python3 "$here/sql.py" steps > "$T/steps"
{ echo "copy t.walks from stdin;"; cat "$T/steps"; echo '\.'; } | as hf-db
echo "select n || e'\t' || t.walk(n, steps) from t.walks order by n;" | as hf-db > "$T/answers"
/usr/bin/python3 "$here/sql.py" check < "$T/answers" | sed '/^1\.\./d'

# The control: without one of its conditions the same walks must find a function out.
caught() { # N FUNCTION TEXT : this text is taken out of the function
	{
		echo "begin;"
		echo "do \$do\$ begin execute replace(pg_get_functiondef('hf.$2'::regproc), \$t\$$3\$t\$, ''); end \$do\$;"
		echo "select n || e'\t' || t.walk(n + $1 * 100000, steps) from t.walks order by n;"
		echo "rollback;"
	} | as hf-db > "$T/answers"
	/usr/bin/python3 "$here/sql.py" check < "$T/answers" > "$T/verdict" || true
	if grep -q '^not ok [123]' "$T/verdict" && grep -q '^ok 4' "$T/verdict"; then
		echo "ok $((4 + $1)) - $2 without \"$3\": found out"
	else
		echo "not ok $((4 + $1)) - $2 without \"$3\": found out"
	fi
}
caught 1 job_advance 'and a.fence = $2'
caught 2 job_finish 'and a.fence = $2'
caught 3 job_advance 'and a.state = v_from'
echo 1..7
