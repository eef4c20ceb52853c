#!/bin/sh
# Promise 6: nothing readable at rest.  Canaries in document, title, user-typed option, badge number and the file's name; after printing,
# holding, releasing, killing the processes that had them in memory: found nowhere but where one was planted.
. "$(dirname "$0")/../sim/e2e.sh"
e2e_begin
ulimit -c unlimited
e2e_up p1
doc=CANARY-body-$(od -An -N8 -tx1 /dev/urandom | tr -d ' ')
title=CANARY-title-$(od -An -N8 -tx1 /dev/urandom | tr -d ' ')
option=CANARYoption$(od -An -N8 -tx1 /dev/urandom | tr -d ' ')
"$sim/mkpdf.py" 3 "$doc" "$S/doc.pdf" 200000
chmod 644 "$S/doc.pdf"
mv "$S/doc.pdf" /tmp/hf-canary-$$.pdf
trap 'rm -f /tmp/hf-canary-$$.pdf; stack_stop "$S" 2> /dev/null; rm -rf "$S"' EXIT
print() { e2e_print ann /tmp/hf-canary-$$.pdf -t "$title" -o "note=$option"; }
scan() { # where the system keeps anything; people's own files and the printer are outside it
	"$sim/leakscan.py" "$doc" "$title" "$option" "hex:$ANN" -- "$S/spool" "$S/db" "$S/log" "$S/keys" "$S/run" "$S/etc" \
		"$S/reader" "$S/cups/etc" "$S/cups/cache" "$S/cups/log" "$S/cups/spool" > "$S/scan" 2>&1
	_rc=$?
	[ $_rc = 0 ] || sed 's/^/# /' "$S/scan"
	return $_rc
}
check "a job is held" print
wait_for 10 held stack_held "$S" 1
check "while it is held nothing of it can be read" scan
stack_tap "$S" $ANN > /dev/null
wait_for 20 delivered e2e_all_delivered
check "after it was released nothing can be read" scan
check "another is held" print
wait_for 10 held stack_held "$S" 1
# A crash of each process in turn: no core file may appear, where one of a process that does not forbid it does.
: > "$S/cwds"
for name in hf-queue hf-key holdfastd holdfast-reader; do
	for pid in $(pgrep -x "$(echo $name | cut -c1-15)"); do
		case $(tr '\0' ' ' < "/proc/$pid/cmdline")$(readlink "/proc/$pid/exe") in *"$S"*)
			readlink "/proc/$pid/cwd" >> "$S/cwds"
			kill -ABRT "$pid" 2> /dev/null
			wait_for 10 "$name to end" stack_gone "$pid" ;;
		esac
	done
done
cores() { sort -u "$S/cwds" | xargs -I '{}' find '{}' "$S" -maxdepth 1 -name 'core*' -type f 2> /dev/null | grep .; }
check "processes were crashed" test -s "$S/cwds"
refuse "a crash of every process leaves no core file" cores
case $(cat /proc/sys/kernel/core_pattern) in
core*)
	(cd "$S" && exec sh -c 'kill -ABRT $$')
	check "(a process that does not forbid it leaves one)" cores
	rm -f "$S"/core*
	;;
esac
check "and nothing that can be read" scan
setpriv --reuid hf-db --regid hf-db --clear-groups psql -X -h "$S/run/pg" -U hf-db -d holdfast -qAtc checkpoint > /dev/null 2>&1
check "nor after the database wrote everything out" scan
printf '%s' "$title" > "$S/spool/held/planted"
refuse "a planted title is found in the spool" scan
rm -f "$S/spool/held/planted"
printf '%s' "$doc" | base64 -w 0 > "$S/log/planted"
refuse "a planted text is found in the logs, in base64" scan
rm -f "$S/log/planted"
printf '\004\241\262\303\324\345\366' > "$S/db/planted"
refuse "a planted badge number is found beside the database" scan
rm -f "$S/db/planted"
check "without them nothing is found" scan
tap_done
