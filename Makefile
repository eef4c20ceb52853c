# Holdfast.  Plain GNU make: one build folder a mode, dependencies by the compiler.
#
#   make                 build everything          make check       every test
#   make demo            a running system          make demo-stop   end it
#   make lint            layering and warnings     make bench       the figures in doc/performance.md
#   make install DESTDIR=/somewhere [PREFIX=/usr]
#   V=1 make …           show the commands
#   MODE=asan make …     the same under AddressSanitizer and UndefinedBehaviorSanitizer

MODE    ?= release
B       ?= build/$(MODE)
ifeq ($(origin CC),default)
CC      := gcc
endif
Q       := $(if $(V),,@)
PREFIX  ?= /usr
SYSCONFDIR ?= /etc/holdfast
LIBEXECDIR ?= $(PREFIX)/lib/holdfast
CUPS_SERVERBIN ?= $(PREFIX)/lib/cups

VERSION := 0.1.0

WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes \
           -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wcast-qual -Werror=implicit-function-declaration
HARDEN  := -fstack-protector-strong -fPIE -fno-strict-overflow
ifeq ($(MODE),asan)
OPT     := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
LDMODE  := -fsanitize=address,undefined
else
OPT     := -O2 -g -D_FORTIFY_SOURCE=2
LDMODE  := -pie -Wl,-z,relro,-z,now
endif
CFLAGS  += -std=gnu11 $(OPT) $(WARN) $(HARDEN)
CPPFLAGS += -I. -I$(B) -D_GNU_SOURCE -DHF_VERSION='"$(VERSION)"' -DHF_SYSCONFDIR='"$(SYSCONFDIR)"' \
           -DHF_LIBEXECDIR='"$(LIBEXECDIR)"' -DHF_DATADIR='"$(PREFIX)/share/holdfast"'
ifneq ($(WERROR),)
CFLAGS  += -Werror
endif

# ---------------------------------------------------------------------------------------------------------------
# What each program is made of and what it may link.  This table is part of the security design: a program that
# cannot open a document does not contain the code for it, and tests/integration/privileges.t looks.
#
#   PROGRAM             folders                          libraries
# The backend and the filter link these statically: exec and exit of a backend that loads many shared libraries
# costs more than sealing a page does.
STATIC_SODIUM := -Wl,-Bstatic -lsodium -Wl,-Bdynamic
STATIC_INTAKE := -static-pie -Wl,--no-warnings -lsodium -lconfuse -lcrypto
STATIC_FRAME  := -static-pie
ifeq ($(MODE),asan)
STATIC_SODIUM := -lsodium
STATIC_INTAKE := -lsodium -lconfuse -lcrypto
STATIC_FRAME  :=
endif

PROGRAMS := holdfast-backend hfframe holdfastd holdfast-released hf-queue hf-key hf-hash hf-deliver holdfast-reader holdfast

SRC_holdfast-backend  := cups-backend
PKG_holdfast-backend  := $(STATIC_INTAKE)
ifneq ($(MODE),asan)
POST_holdfast-backend := cups-backend/cut-opening
endif
SRC_hfframe           := cups-backend/filter
PKG_hfframe           := $(STATIC_FRAME)
SRC_holdfastd         := server
PKG_holdfastd         := -levent_core -lssl -lcrypto -ljansson -lconfuse -lsodium -lseccomp -lpq -lpthread
SRC_holdfast-released := release release/conf
PKG_holdfast-released := -lsodium -lconfuse -lseccomp
SRC_hf-queue          := release/queue release/conf
PKG_hf-queue          := -levent_core -lpq -lsodium -lcrypto -ljansson -lconfuse -lseccomp
SRC_hf-key            := release/key release/common
PKG_hf-key            := -lsodium -lseccomp
SRC_hf-hash           := release/hash
PKG_hf-hash           := -lsodium -lseccomp
SRC_hf-deliver        := release/deliver release/common
PKG_hf-deliver        := -levent_core -lssl -lcrypto -lsodium -lseccomp
SRC_holdfast-reader   := cardreader
PKG_holdfast-reader   := -levent_core -lcurl -lpcsclite -lcrypto -ljansson -lconfuse -lsodium -lseccomp
SRC_holdfast          := admin
PKG_holdfast          := -lpq -lcurl -lcups -lcrypto -ljansson -lconfuse -lsodium
# ---------------------------------------------------------------------------------------------------------------

INC     := $(shell pkg-config --cflags libpcsclite libpq libevent_core jansson libconfuse libsodium libseccomp libcurl 2>/dev/null)
CPPFLAGS += $(INC)

LIB_SRC := $(wildcard lib/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
LIBHF   := $(B)/libhf.a

BIN     := $(PROGRAMS:%=$(B)/%)

.PHONY: FORCE all check check-fast unit db integration browser fuzz faults lint bench demo demo-stop install clean deps deps-run deps-check tags format
.SECONDARY:
.DELETE_ON_ERROR:

all: $(BIN)

$(B)/%.o: %.c | deps
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC      $<')
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIBHF): $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

# The portal's files are compiled into holdfastd.
$(B)/server/assets.inc: FORCE
	@mkdir -p $(@D)
	@./server/mkassets $@
$(B)/server/assets.o: $(B)/server/assets.inc $(shell find server/www -type f 2>/dev/null)
$(B)/server/routes.o: $(B)/server/assets.inc
FORCE:

define PROGRAM_template
OBJ_$(1) := $$(patsubst %.c,$(B)/%.o,$$(foreach d,$$(SRC_$(1)),$$(wildcard $$(d)/*.c)))
$(B)/$(1): $$(OBJ_$(1)) $$(LIBHF) $$(POST_$(1))
	$$(if $$(V),,@echo '  LINK    $$@')
	$$(Q)$$(CC) $$(CFLAGS) $$(if $$(findstring -static-pie,$$(PKG_$(1))),$$(filter-out -pie,$$(LDMODE)),$$(LDMODE)) \
	    -Wl,--gc-sections,--as-needed -o $$@ $$(OBJ_$(1)) $$(LIBHF) $$(PKG_$(1))
	$$(if $$(POST_$(1)),$$(Q)$$(POST_$(1)) $$@)
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM_template,$(p))))

include tests/tests.mk

# The packages: asked for once, then remembered while the lists stay the same.
deps: build/.deps-build
deps-run: build/.deps-run
deps-check: build/.deps-check
build/.deps-%: dist/packages-% dist/install-deps
	@mkdir -p build
	@./dist/install-deps $*
	@touch $@

demo: deps deps-run
	@$(MAKE) --no-print-directory all
	@./dist/demo start
demo-stop:
	@./dist/demo stop

install: all
	./dist/install-files "$(B)" "$(DESTDIR)" "$(PREFIX)" "$(SYSCONFDIR)" "$(LIBEXECDIR)" "$(CUPS_SERVERBIN)"

# The figures of doc/performance.md, one script each; a quiet machine, root, some minutes.
bench: all sim-programs deps-run deps-check
	@for b in intake tap adopt deliver reader http seal audit; do \
		echo "== bench/$$b"; BUILD=$(abspath $(B)) HF_BUILD=$(abspath $(B)) HF_ROOT=$(CURDIR) ./bench/$$b || exit 1; done

lint:
	@./tests/lint

format:
	clang-format-14 -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
