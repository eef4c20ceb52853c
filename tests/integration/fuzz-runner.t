#!/bin/sh
# The runner of the fuzzers: a crash fails the run, and its input is kept; what does not crash passes.
set -u
cd "$(dirname "$0")/../.."
command -v clang-14 > /dev/null || { echo "1..0 # SKIP clang-14 is not installed"; exit 0; }
name=selftest$$
T=$(mktemp -d)
trap 'rm -rf "$T" build/fuzz/crash/$name build/fuzz/found/$name build/fuzz/$name.* build/fuzz/calm$$.* build/fuzz/crash/calm$$ build/fuzz/found/calm$$' EXIT
trap 'exit 1' HUP INT TERM
cat > "$T/f.c" <<'X'
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (CRASH && n > 1 && p[0] == 'H' && p[1] == 'F')
		abort();
	return 0;
}
X
clang-14 -fsanitize=fuzzer -DCRASH=1 -o "$T/fuzz_$name" "$T/f.c" && clang-14 -fsanitize=fuzzer -DCRASH=0 -o "$T/fuzz_calm$$" "$T/f.c" || {
	echo "1..0 # SKIP clang-14 cannot build a fuzzer"
	exit 0
}
n=0
result() { # result RC NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$T/out"
	fi
}
tests/fuzz/run 1 "$T/fuzz_calm$$" > "$T/out" 2>&1
result $? "a fuzzer that finds nothing passes"
grep -q "^ok - calm$$ ([0-9]* runs)" "$T/out"
result $? "… and says how much it tried"
! tests/fuzz/run 5 "$T/fuzz_calm$$" "$T/fuzz_$name" > "$T/out" 2>&1
result $? "one that crashes fails the run"
grep -q "^not ok - $name " "$T/out" && grep -q "^ok - calm$$ " "$T/out"
result $? "… its line alone"
f=$(sed -n "s/^# the input is \([^,]*\),.*/\1/p" "$T/out")
[ -n "$f" ] && [ "$(head -c 2 "$f")" = HF ]
result $? "… and its input is kept where the line says"
! tests/fuzz/run 0 "$T/fuzz_$name" > "$T/out" 2>&1 || grep -q "^ok" "$T/out"
result $? "0 seconds ends by itself"
[ -n "$(ls build/fuzz/found/$name)" ] && [ ! -e tests/fuzz/corpus/$name ]
result $? "what it found is kept below build/, not in the tree"
echo "1..$n"
