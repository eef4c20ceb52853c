#!/bin/sh
# From the tap to the paper: who gets what, in which words, and what stays held.
set -u
. "${HF_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}/tests/sim/release.sh"
rel_make
rel_serve || exit 1
rel_printer p1 || exit 1
rel_printer p2 --hold || exit 1
rel_reader r1 p1 || exit 1
SOCK=$S/run/release.sock
ANN=04112233445566 BOB=04aabbccddeeff

held() { # held OWNER [ARG…] : a job of this owner, when it is held
	_o=$1
	shift
	echo x >> "$S/count"
	_id=$(jobs -o "$_o" -j "$(wc -l < "$S/count")" "$@")
	until_true 5 is_state "$_id" held
	echo "$_id"
}
same() { case $1 in *"$2"*) ;; *) false ;; esac; }

# --- nonces
is "a nonce request gives what was asked for" "$(taptool nonce "$SOCK" "$SEED" "$READER" 3 | head -n 1)" 3
is "it tells the reader's printers" "$(taptool nonce "$SOCK" "$SEED" "$READER" | tail -n 1)" "$PRINTER p1"
is "a clock off by two hours gets none, and the time" "$(taptool nonce "$SOCK" "$SEED" "$READER" 1 7200000 | head -n 1)" 0
taptool key "$S/other.seed" > /dev/null
check "a request signed by another key is denied" \
	same "$(taptool nonce "$SOCK" "$S/other.seed" "$READER" 2>&1)" "taptool: denied"
check "an unknown reader is denied" \
	same "$(taptool nonce "$SOCK" "$SEED" 11111111-2222-4333-8444-555555555555 2>&1)" "taptool: denied"

# --- cards
is "an unknown card is told so" "$(tap $ANN)" "unknown-card 0 p1||This card is unknown"
sql "select enrolment_start('ann', 'r1', 'blue', 60)" > /dev/null
is "a card that an administrator waits for is registered" "$(tap $ANN)" "enrolled 0 p1|ann|This card is registered now"
badge bob $BOB
is "no jobs" "$(tap $ANN)" "no-jobs 0 p1|Ann Example|No documents are waiting for you"

# --- the way it should be
head -c 200000 /dev/urandom > "$S/doc"
id=$(held ann -f "$S/doc" -t canary-title)
is "somebody else's card releases nothing" "$(tap $BOB)" "no-jobs 0 p1|bob|No documents are waiting for you"
check "… and the job stays held" is_state "$id" held
is "the owner's card releases it" "$(tap $ANN)" "released 1 p1|Ann Example|Your document is printed"
check "it is delivered" until_true 5 is_state "$id" delivered
check "its file is gone" test ! -e "$S/spool/held/$id"
is "the printer has it, byte for byte" \
	"$(ledger p1 | grep '"ev": "done"' | sed 's/.*"sha256": "\([^"]*\)".*/\1/')" "$(sha256sum < "$S/doc" | cut -d' ' -f1)"
is "the event of its opening is older than its delivery" \
	"$(sql "select string_agg(kind, ' ' order by id) from event where job = '$id'")" "job.held open job.created job.sent job.delivered"
hasnt "the printer was not told the title" "$S/p1/ledger.jsonl" canary-title
for i in 1 2 3 4 5; do held ann -s $((i * 70000)) > /dev/null; done
is "five at once" "$(tap $ANN)" "released 5 p1|Ann Example|5 documents are printed"
check "all are delivered" until_true 5 are_states delivered 6
is "the printer got them in order" \
	"$(ledger p1 | grep '"ev": "done"' | tail -n 5 | sed 's/.*"bytes": \([0-9]*\).*/\1/' | tr '\n' ' ')" "70000 140000 210000 280000 350000 "

# --- taps that are none
nonce=$(taptool nonce "$SOCK" "$SEED" "$READER" 1 | sed -n 2p)
id=$(held ann -s 1000)
is "a nonce is good" "$(tap $BOB "$nonce" | cut -d' ' -f1)" no-jobs
is "… once" "$(tap $ANN "$nonce" | cut -d' ' -f1)" nonce-unknown
is "a nonce of our own making is not" \
	"$(tap $ANN 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff | cut -d' ' -f1)" nonce-unknown
good=$SEED
SEED=$S/other.seed
check "a tap signed by another key is denied" same "$(tap $ANN "$nonce")" "taptool: denied"
SEED=$good
check "a tap for a printer that is not this reader's is refused" \
	same "$(PRINTER=$(sql "select id from printer where name = 'p2'") && tap $ANN)" "refused 0"
check "nothing of this printed anything" is_state "$id" held

# --- printers that cannot
printer p1 stop media-empty > /dev/null
out=$(tap $ANN)
check "a printer without paper says so" same "$out" "printer 0 p1|Ann Example|"
check "… in its words" same "$out" aper
check "… the job stays held" until_true 5 is_state "$id" held
check "… its file too" test -e "$S/spool/held/$id"
printer p1 start > /dev/null
printer p1 set accepting 0 > /dev/null
check "one that accepts nothing says so" same "$(tap $ANN)" "printer 0 p1|"
check "… the job stays held" until_true 5 is_state "$id" held
printer p1 set accepting 1 > /dev/null
pin=$(sql "select spki_pin from printer where name = 'p1'")
pin() { sql "update printer set spki_pin = '$1' where name = 'p1'; notify hf, 'printer $PRINTER'" > /dev/null; }
pin "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
printer p1 close > /dev/null
check "one with another key than was registered gets nothing" same "$(tap $ANN)" "printer 0 p1|"
check "… the job stays held" until_true 5 is_state "$id" held
pin "$pin"
printer p1 fault status op=Create-Job code=0x0504 times=1 > /dev/null
check "one that refuses the job says so" same "$(tap $ANN)" "printer 0 p1|"
check "… the job stays held" until_true 5 is_state "$id" held
printer p1 clear > /dev/null
sleep_until_back() { until_true 10 same "$(tap $ANN)" "released 1"; }
check "back in order, it prints" sleep_until_back
check "… once" until_true 5 is_state "$id" delivered

# --- badges, people, readers
id=$(held ann -s 1000)
b=$(sql "select id from badge where person = 'ann'")
hf badge revoke "$b" > /dev/null
check "a revoked card is refused" same "$(tap $ANN)" "refused 0 p1|Ann Example|This card has been revoked"
sql "select enrolment_start('ann', 'r1', 'again', 60)" > /dev/null
ANN=04112233445577
tap $ANN > /dev/null
hf user disable ann > /dev/null
check "a disabled person is refused" same "$(tap $ANN)" "refused 0 p1|Ann Example|Your account is disabled"
hf user enable ann > /dev/null
sql "select waiver_set('p1', null)" > /dev/null
sql "update printer set min_class = 1 where name = 'p1'"
check "a number alone is not enough without a waiver" same "$(tap $ANN)" "refused 0 p1|Ann Example|This printer asks for more"
sql "select waiver_set('p1', 'a test')" > /dev/null
check "nothing of this printed anything" is_state "$id" held
hf reader revoke r1 > /dev/null
check "a revoked reader is denied at its next tap" same "$(tap $ANN)" "taptool: denied"
check "nothing of this either" is_state "$id" held

# --- held-commit
rel_reader r2 p2 || exit 1
is "a printer that can hold prints too" "$(tap $ANN)" "released 1 p2|Ann Example|Your document is printed"
check "it is delivered" until_true 5 is_state "$id" delivered
is "the document was held there until all of it had arrived" \
	"$(sql "select string_agg(kind, ' ' order by id) from event where job = '$id' and kind like 'job.%'")" \
	"job.held job.created job.releasing job.delivered"

# --- a slow one
printer p2 set pages-per-second 0.2 > /dev/null
printer p2 fault drain op=Send-Document rate=9000 times=1 > /dev/null
id=$(held ann -s 150000)
is "a tap is answered after 10 s though the document is still on its way" "$(tap $ANN)" \
	"releasing 1 p2|Ann Example|Your documents are on their way to the printer"
printer p2 set pages-per-second 0 > /dev/null
check "… and the document arrives" until_true 30 is_state "$id" delivered

# --- documents that are not there
a=$(held ann -s 1000)
b=$(held ann -s 2000)
rm "$S/spool/held/$a"
is "a missing file spoils only its own job" "$(tap $ANN | cut -d' ' -f1-2)" "released 1"
check "the other one is delivered" until_true 5 is_state "$b" delivered
check "… the job is damaged" is_state "$a" damaged
a=$(held ann -s 1000)
b=$(held bob -s 1000)
cp "$S/spool/held/$b" "$S/spool/held/$a"
check "another document under this job's name is not printed" same "$(tap $ANN)" "refused 0"
check "… the job is damaged" is_state "$a" damaged
a=$(held ann -s 150000)
printf 'XX' | dd of="$S/spool/held/$a" bs=1 seek=90000 conv=notrunc 2> /dev/null
check "a document that has rotted is not printed" same "$(tap $ANN)" "refused 0"
check "… the job is damaged" is_state "$a" damaged
is "… and not one page came out" "$(ledger p2 | grep -c '"bytes": 150000')" 1
sql "alter table job disable trigger user; update job set owner = 'ann' where id = '$b'"
check "a job that the database gives to somebody else is not printed" same "$(tap $ANN)" "refused 0"
check "… it stays held" is_state "$b" held
sql "update job set owner = 'bob' where id = '$b'; alter table job enable trigger user"

# --- the database is away
id=$(held ann -s 1000)
"$rel_root/dist/embedded-db" stop "$S"
until_true 5 grep -q "database went away" "$S/log/released.log"
began=$(date +%s%N)
out=$(taptool send web "$SOCK" 14)
is "without the database the service says so" "$out" 000001
out=$(tap $ANN "$nonce")
took=$((($(date +%s%N) - began) / 1000000))
check "a tap is answered: unavailable" same "$out" "unavailable 0 ||The release service cannot reach its database"
check "… at once" test $took -lt 1000
"$rel_root/dist/embedded-db" start "$S"
check "it comes back by itself" until_true 15 rel_ready
check "… and prints" same "$(tap $ANN)" "released 1 p2|Ann Example|"

# --- keys
id=$(held ann -s 1000)
check "an administrator rotates the keys" same "$(taptool send root "$SOCK" 22)" '"serial":2'
is "the new list is given to readers" "$(taptool nonce "$SOCK" "$SEED" "$READER" | grep -o 'serial.*')" "serial 2"
check "a job sealed to the old key still opens" same "$(tap $ANN)" "released 1"
id=$(held ann -s 1000)
is "a new one is sealed to the new key" \
	"$(sql "select count(distinct key_id) from job where id in ('$id', '$a')")" 2
check "… and opens" same "$(tap $ANN)" "released 1"

# --- who may ask what
check "the web service may not ask for the status" same "$(taptool send web "$SOCK" 20 2>&1)" "taptool: denied"
check "the administrator may" same "$(taptool send root "$SOCK" 20)" '"ready":true'
check "… but cannot tap" same "$(taptool send root "$SOCK" 11 00 2>&1)" "taptool: denied"
refuse "somebody else is not heard at all" setpriv --reuid nobody --regid nogroup --clear-groups \
	"$rel_build/tests/sim/taptool" send root "$SOCK" 14
check "a message of no known kind ends the connection" same "$(taptool send root "$SOCK" 7e 2>&1)" "taptool: peer"
check "a body too long ends it" same "$(taptool send root "$SOCK" 24 00 2>&1)" "taptool: peer"
check "a malformed tap is answered, its reader made it" same "$(taptool send web "$SOCK" 11 00 2>&1)" "taptool: input"
check "none of this ended the service" rel_ready
check "a printer can be tested" same "$(taptool send root "$SOCK" 24 "$(echo "$PRINTER" | tr -d -)")" '"ready":true'
hasnt "no crash, no lost role" "$S/log/released.log" "ended by signal|start afresh"
tap_done
