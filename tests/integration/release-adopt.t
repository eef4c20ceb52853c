#!/bin/sh
# Adoption: what intake made durable becomes a row, once; what is forged, cut or out of place becomes none.
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sim/release.sh"
rel_make
rel_serve || exit 1
mkdir "$S/made"

holds() { [ "$(find "$S/spool/$1" -type f -o -type l | wc -l)" = "$2" ]; }
empty() { holds incoming 0; }
# A sealed file beside the spool, to be spoilt and then put in.
made() { jobs -d "$S/made" "$@"; }
put() { # put ID [AS]
	chown hf-intake:hf-intake "$S/made/$1"
	chmod 0440 "$S/made/$1"
	mv "$S/made/$1" "$S/spool/incoming/${2:-$1}"
}
quarantined() { # quarantined NAME ID PATTERN
	check "$1: goes to quarantine" until_true 5 test -e "$S/spool/quarantine/$2"
	until_true 2 grep -q "job $2 put in quarantine" "$S/log/released.log"
	has "… and the log says why" "$S/log/released.log" "job $2 put in quarantine: .*$3"
	is "… and there is no row" "$(state "$2")" ""
}

# --- good ones
id=$(jobs -t canary-title)
check "a new file becomes a row at once" until_true 2 is_state "$id" held
check "its file moves to held" test -e "$S/spool/held/$id"
is "nothing is left in incoming" "$(ls "$S/spool/incoming")" ""
is "the row has the length of the document" "$(sql "select bytes from job where id = '$id'")" 65536
hasnt "the title is in no log" "$S/log/released.log" canary-title
many=$(jobs -n 150 -s 1000 -j 100 | wc -l)
check "150 at once are all adopted" until_true 5 are_states held $((many + 1))

# --- the same again
echo "%PDF a document" > "$S/doc"
a=$(jobs -f "$S/doc" -j 7 -c 1000)
until_true 2 is_state "$a" held
b=$(jobs -f "$S/doc" -j 7 -c 1000)
check "a second copy of a CUPS job is dropped" until_true 2 empty
is "… with an event" "$(events job.duplicate)" 1
is "… and no row" "$(state "$b")" ""
is "… and no file" "$(ls "$S/spool/held" | grep -c "$b")" 0
echo "%PDF another one" > "$S/doc2"
c=$(jobs -f "$S/doc2" -j 7 -c 1000)
check "the same CUPS job with another document is a job of its own" until_true 2 is_state "$c" held
is "… and an alarm" "$(sql "select count(*) from event where kind = 'job.held' and level = 'alarm' and job = '$c'")" 1

# --- crash between row and rename
cp "$S/spool/held/$a" "$S/made/$a"
rm "$S/spool/held/$a"
put "$a"
check "a file whose row was made before a crash is found again" until_true 2 test -e "$S/spool/held/$a"
is "… its row is what it was" "$(state "$a")" held

# --- bad ones
x=$(made)
printf 'X' | dd of="$S/made/$x" bs=1 seek=3000 conv=notrunc 2> /dev/null
put "$x"
quarantined "one altered byte of the document" "$x" "digest"
x=$(made)
printf 'X' | dd of="$S/made/$x" bs=1 seek=60 conv=notrunc 2> /dev/null
put "$x"
quarantined "one altered byte of the header" "$x" "digest"
for field in "-20 signature" "-80 duplicate tag"; do
	x=$(made)
	printf 'XY' | dd of="$S/made/$x" bs=1 seek=$(($(stat -c %s "$S/made/$x") ${field%% *})) conv=notrunc 2> /dev/null
	put "$x"
	quarantined "an altered ${field#* }" "$x" "signature"
done
x=$(made)
truncate -s -1 "$S/made/$x"
put "$x"
quarantined "a cut file" "$x" "."
x=$(made)
echo more >> "$S/made/$x"
put "$x"
quarantined "bytes after the end" "$x" "."
x=$(made)
: > "$S/made/$x"
put "$x"
quarantined "an empty file" "$x" "."
x=$(made)
y=$(made)
put "$x" "$y"
quarantined "a file under another job's name" "$y" "another job"
rm -f "$S/made/$y"
x=$(made)
mv "$S/keys/hosts" "$S/keys/hosts.away"
mkdir "$S/keys/hosts"
hf_pid=$(rel_child hf-queue)
kill "$(cat "$S/run/released.pid")"
check "the service ends on SIGTERM" until_true 12 stack_gone "$(cat "$S/run/released.pid")"
check "… and role queue with it" stack_gone "$hf_pid"
rel_serve || exit 1
put "$x"
quarantined "a file from an unknown host" "$x" "unknown intake host"
rmdir "$S/keys/hosts"
mv "$S/keys/hosts.away" "$S/keys/hosts"
kill "$(cat "$S/run/released.pid")"
until_true 12 stack_gone "$(cat "$S/run/released.pid")"
rel_serve || exit 1
x=11111111-2222-4333-8444-555555555555
ln -s /etc/passwd "$S/spool/incoming/$x"
check "a link: goes to quarantine" until_true 5 test -L "$S/spool/quarantine/$x"
x=11111111-2222-4333-8444-666666666666
mkfifo "$S/spool/incoming/$x"
check "a pipe: goes to quarantine, and nobody waits for it" until_true 5 test -p "$S/spool/quarantine/$x"
echo hello > "$S/spool/incoming/not-an-id"
id=$(jobs -j 900)
check "a file that is no job's is left alone, others go on" until_true 2 is_state "$id" held
check "… it is still there" test -e "$S/spool/incoming/not-an-id"
rm "$S/spool/incoming/not-an-id"

# --- the service was away
kill "$(cat "$S/run/released.pid")"
until_true 12 stack_gone "$(cat "$S/run/released.pid")"
n=$(states held)
jobs -n 100 -s 500 -j 1000 > "$S/ids"
rel_serve || exit 1
check "what came while the service was away is adopted at its start" until_true 5 are_states held $((n + 100))

# --- the database was away
"$rel_root/dist/embedded-db" stop "$S"
check "the service knows that the database is away" until_true 5 grep -q "database went away" "$S/log/released.log"
jobs -n 300 -s 500 -j 2000 > "$S/ids"
is "files wait in incoming meanwhile" "$(ls "$S/spool/incoming" | wc -l)" 300
x=$(made)
echo more >> "$S/made/$x"
put "$x"
"$rel_root/dist/embedded-db" start "$S"
check "… and are adopted by itself when it is back" until_true 15 are_states held $((n + 400))
quarantined "a bad one among them" "$x" "."

# --- the index is lost, the files are the truth
sql "truncate job, attempt" > /dev/null 2>&1 || sql "delete from attempt; update job set attempt = null; delete from job" > /dev/null
have=$(find "$S/spool/held" -type f | wc -l)
hf_rescan=$(taptool send root "$S/run/release.sock" 23)
check "held jobs are indexed again from their files" until_true 5 are_states held "$have"
is "… and RESCAN counts them" "$(echo "$hf_rescan" | sed 's/.*"adopted":\([0-9]*\).*/\1/')" "$have"

# --- finished jobs
x=$(head -n 1 "$S/ids")
check "an administrator cancels a job" hf job cancel "$x" --reason test
check "… and its file goes" until_true 2 test ! -e "$S/spool/held/$x"
is "… the row stays" "$(state "$x")" cancelled
id=$(jobs -j 5000 -e 1)
check "a job past its time expires" until_true 12 is_state "$id" expired
check "… and its file goes" until_true 2 test ! -e "$S/spool/held/$id"
x=$(made -j 6000)
cp "$S/made/$x" "$S/again"
put "$x"
until_true 2 is_state "$x" held
hf job cancel "$x" --reason test > /dev/null
until_true 2 test ! -e "$S/spool/held/$x"
mv "$S/again" "$S/made/$x"
put "$x"
check "the file of a finished job that comes back is dropped" until_true 2 empty
is "… and stays finished" "$(state "$x")" cancelled
tap_done
