# tq: a task queue for the shell.  GNU make.
#
#   make            build the tools into build/
#   make demo       the whole idea in a minute (sets itself up)
#   make check      build and run every test (sets itself up)
#   make install    DESTDIR= PREFIX=/usr/local
#   make deps lint bench fuzz check-layers clean
#
# Switches: DEV=0 (no -Werror)  SAN=address,undefined  CC=clang  NO_DEPS=1

VERSION  = 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build$(if $(SAN),/san)
CC       = gcc
DEV     ?= 1

WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes \
           -Wstrict-prototypes -Wvla -Wpointer-arith -Wformat=2 -Wundef
CFLAGS  ?= -O2 -g
HARDEN   = -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
TQ_CFLAGS = -std=gnu11 -D_GNU_SOURCE -DTQ_VERSION='"$(VERSION)"' -Ilib \
            $(WARN) $(if $(filter 1,$(DEV)),-Werror) \
            $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined,$(HARDEN)) \
            $(if $(filter 1,$(HAVE_TURBOJPEG)),-DTQ_HAVE_TURBOJPEG) -MMD -MP
TQ_LDFLAGS = -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -pie \
            $(if $(SAN),-fsanitize=$(SAN))

HAVE_TURBOJPEG := $(shell test -e /usr/include/turbojpeg.h && echo 1)

# SHA-256 comes from OpenSSL's static library: libcrypto.so alone costs a
# one-shot tool a millisecond of start-up, more than everything else in it.
LIBS      = -lsqlite3 -lcjson -l:libcrypto.a -lpthread
LIBS_WORK = $(if $(filter 1,$(HAVE_TURBOJPEG)),-lturbojpeg) -lspng -lseccomp -lunistring -lm

LAYERS = util task store store/sqlite sandbox image work cli
TOOLS  = tq-submit tq-status tq-work tq-dlq tq-ctl

LIB_SRC  = $(wildcard $(LAYERS:%=lib/%/*.c))
LIB_OBJ  = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)
TOOL_SRC = $(wildcard $(TOOLS:%=cmd/%/*.c))
UNIT_SRC = $(wildcard tests/unit/test_*.c)
UNIT_BIN = $(UNIT_SRC:tests/unit/%.c=$(BUILD)/tests/%)

all: $(TOOLS:%=$(BUILD)/%)

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_CFLAGS) -c -o $@ $<

$(BUILD)/libtq.a: $(LIB_OBJ)
	@rm -f $@
	ar rcs $@ $^

define TOOL_RULE
$(BUILD)/$(1): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard cmd/$(1)/*.c)) $(BUILD)/libtq.a
	$$(CC) $$(CFLAGS) $$(TQ_LDFLAGS) -o $$@ $$^ $$(LIBS) $$(if $$(filter tq-work,$(1)),$$(LIBS_WORK))
endef
$(foreach t,$(TOOLS),$(eval $(call TOOL_RULE,$(t))))

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS) $(LIBS_WORK)

check-unit: $(UNIT_BIN)
	@rc=0; for t in $(UNIT_BIN); do $$t || rc=1; done; exit $$rc

clean:
	rm -rf build

-include $(LIB_OBJ:.o=.d) $(TOOL_SRC:%.c=$(BUILD)/obj/%.d) $(UNIT_SRC:%.c=$(BUILD)/obj/%.d)

.PHONY: all check-unit clean
.SECONDARY:
