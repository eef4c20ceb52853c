# The tests.  `make check` runs all of it and ends with prove's own closing lines.
#
#   tests/unit/test_NAME.c        one cmocka program each; linked with libhf.a and what its first line asks for:
#                                 /* link: server/http.c -lcrypto */
#   tests/fuzz/fuzz_NAME.c        one libFuzzer program each (same first line), corpus in tests/fuzz/corpus/NAME
#   tests/sim/NAME.c              helpers of the integration tests (printers, cards, probes), built like unit tests
#   tests/db/*.t                  pgTAP through prove
#   tests/integration/*.t         shell under prove, each starts the real thing in a folder of its own; HF_BUILD says
#                                 which build (build/release or build/asan), HF_ROOT where the sources are
#   tests/browser/*.test.mjs      node's test runner

UNIT_SRC := $(wildcard tests/unit/test_*.c)
UNIT     := $(UNIT_SRC:tests/unit/%.c=$(B)/tests/unit/%)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ     := $(FUZZ_SRC:tests/fuzz/%.c=build/fuzz/%)
FUZZ_SECONDS ?= 60

LINKLINE = $(shell sed -n '1s|^/\* link: *\(.*\) \*/$$|\1|p' $(1))
LINKSRC  = $(filter %.c,$(call LINKLINE,$(1)))
LINKLIB  = $(filter -%,$(call LINKLINE,$(1)))

define UNIT_template
$(B)/tests/unit/$(1): tests/unit/$(1).c $$(call LINKSRC,tests/unit/$(1).c) $$(LIBHF) $$(if $$(filter server/assets.c,$$(call LINKSRC,tests/unit/$(1).c)),$(B)/server/assets.inc) | deps deps-check
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(LDMODE) -MMD -MP -MF $$@.d -MT $$@ -o $$@ tests/unit/$(1).c \
	    $$(call LINKSRC,tests/unit/$(1).c) $$(LIBHF) $$(call LINKLIB,tests/unit/$(1).c) -lcmocka -lsodium -lcrypto
endef
$(foreach t,$(UNIT_SRC:tests/unit/%.c=%),$(eval $(call UNIT_template,$(t))))

define FUZZ_template
build/fuzz/$(1): tests/fuzz/$(1).c $$(call LINKSRC,tests/fuzz/$(1).c) $$(LIB_SRC) | deps deps-check
	@mkdir -p $$(@D)
	$$(Q)clang-14 $$(CPPFLAGS) -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
	    -ffunction-sections -Wl,--gc-sections -o $$@ tests/fuzz/$(1).c $$(call LINKSRC,tests/fuzz/$(1).c) \
	    $$(call FUZZLIB,tests/fuzz/$(1).c) $$(call LINKLIB,tests/fuzz/$(1).c) -lsodium -lcrypto
endef
# A fuzzer compiles the library sources that it names on its first line (lib/x.c), instrumented.
FUZZLIB =
$(foreach t,$(FUZZ_SRC:tests/fuzz/%.c=%),$(eval $(call FUZZ_template,$(t))))

# Helpers of the integration tests: one program each, tests/sim/NAME.c, first line as above.
SIM_SRC := $(wildcard tests/sim/*.c)
SIM     := $(SIM_SRC:tests/sim/%.c=$(B)/tests/sim/%)
define SIM_template
$(B)/tests/sim/$(1): tests/sim/$(1).c $$(call LINKSRC,tests/sim/$(1).c) $$(LIBHF) | deps deps-check
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(LDMODE) -MMD -MP -MF $$@.d -MT $$@ -o $$@ tests/sim/$(1).c \
	    $$(call LINKSRC,tests/sim/$(1).c) $$(LIBHF) $$(call LINKLIB,tests/sim/$(1).c) -lsodium -lcrypto
endef
$(foreach t,$(SIM_SRC:tests/sim/%.c=%),$(eval $(call SIM_template,$(t))))

# tests/vectors/README
$(B)/tests/vectors/make: tests/vectors/make.c tests/vectors/vectors.c $(LIBHF) | deps
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(LDMODE) -o $@ $^ -lsodium -lcrypto
vectors: $(B)/tests/vectors/make
	$< tests/vectors

.PHONY: unit-programs sim-programs fuzz-programs vectors
unit-programs: $(UNIT)
sim-programs: $(SIM)
fuzz-programs: $(FUZZ)

unit: $(UNIT)
	CMOCKA_MESSAGE_OUTPUT=TAP prove -e '' $(UNIT)
fuzz: $(FUZZ)
	./tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ)
db integration: all sim-programs deps-run deps-check
	HF_MODE=$(MODE) HF_BUILD=$(abspath $(B)) HF_ROOT=$(CURDIR) prove -e '' tests/$@/*.t
# The bench that attacks the release protocol, in its long form (doc/reliability.md):
#   make faults [N=kills] [POINTS=system calls of each role, 0 is all] [SEED=…] [ONLY=kills|behaviours|syscalls] [BEHAVIOUR=PART]
faults: all sim-programs deps-run deps-check
	N=$(or $(N),3000) POINTS=$(or $(POINTS),0) HF_MODE=$(MODE) HF_BUILD=$(abspath $(B)) HF_ROOT=$(CURDIR) \
	    prove -v --timer -e '' $(if $(ONLY),tests/faults/$(ONLY).t,tests/model/*.t tests/faults/*.t)
check: deps deps-run deps-check
	@./tests/run
