# tq: a task queue for the Unix shell.  GNU make.
#
#   make            build the tools into build/
#   make demo       the whole idea in a minute   (sets itself up; IMAGE=my.jpg,
#                   STORE=aws: on stand-ins for SQS, DynamoDB, S3)
#   make check      build and run every test     (sets itself up; ONLY=name)
#   make check-fast the inner loop's half minute; check-long: what takes longer
#   make install    DESTDIR= PREFIX=/usr/local
#   make install-system  beside it: systemd units, and one store for the machine
#   make dist deb   a tarball, Debian packages: of the last commit, into build/dist
#   make lambda     tq-work.zip and tq-serve.zip for AWS Lambda, into build/dist
#   make check-install   the packages and the container in a bare Debian
#   make deps bench lint fuzz check-layers clean
#
# Switches: SAN=address,undefined   CC=clang   DEV=1 (a warning is an error)
#           NO_DEPS=1 (install no packages)

VERSION  = 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build$(if $(SAN),/san)
CC       = gcc

# A newer compiler or library may warn of what was fine: that must not keep a
# user from building.  CI and the goals that only developers name are strict.
DEV     ?= $(if $(filter tests check-fast lint,$(MAKECMDGOALS)),1,0)
export DEV

# Names and lines for a backtrace; variables, too (-g), would be a third of the build.
CFLAGS  ?= -O2 -g1
WARN     = -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes \
           -Wstrict-prototypes -Wvla -Wpointer-arith -Wformat=2 -Wundef
HARDEN   = -fstack-protector-strong -D_FORTIFY_SOURCE=2
SANITIZE = -fsanitize=$(SAN) -fno-omit-frame-pointer \
           -fno-sanitize-recover=undefined

TQ_CFLAGS  = -std=gnu11 -D_GNU_SOURCE -DTQ_VERSION='"$(VERSION)"' -Ilib -fPIC -fvisibility=hidden \
             $(WARN) $(if $(filter 1,$(DEV)),-Werror) \
             $(if $(SAN),$(SANITIZE),$(HARDEN)) -MMD -MP
TQ_LDFLAGS = -pie -Wl,--as-needed,-z,relro,-z,now $(if $(SAN),$(SANITIZE)) $(LDFLAGS)

# SHA-256 comes from OpenSSL's static library: libcrypto.so alone costs a
# one-shot tool a millisecond of start-up, more than everything else in it.
LIBS      = -lsqlite3 -lcjson -l:libcrypto.a -l:libz.a -lpthread
# SQLite, too, where a process is started for each task, a third of whose
# instructions were the dynamic linker's, and where it works most: the shared
# library calls its own functions through the PLT, with which a drain takes 1.13
# of the CPU and a GET of a task 1.12.
WITH_SQLITE = tq-submit tq-work tq-serve
LIBS_tq-work = -ljpeg -lspng -lseccomp -lunistring -lm
LIBS_tq-serve = -lmicrohttpd

LAYERS = util task store store/sqlite sandbox image work/handler work/spawn work \
         serve/http serve/server serve/api cli
TOOLS  = tq-submit tq-status tq-work tq-serve tq-dlq tq-ctl

objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard $(1)))
LIB_OBJ   = $(call objects,$(LAYERS:%=lib/%/*.c))
TOOL_OBJ  = $(call objects,$(TOOLS:%=cmd/%/*.c))
UNIT_OBJ  = $(call objects,tests/unit/test_*.c)
UNIT_BIN  = $(UNIT_OBJ:$(BUILD)/obj/tests/unit/%.o=$(BUILD)/tests/%)
TEST_BIN  = $(UNIT_BIN) $(addprefix $(BUILD)/tests/,conformance sim net_server \
            doorbells sigv4_lines aws_calls without)

# The code that needs the network is a module of its own, loaded when a task or a store
# URL asks for it: libcurl and the 34 libraries behind it would cost every
# one-shot tool four milliseconds.
STORE_AWS = handle blob record message edge claim sweep setup
MODULE_LAYERS = net lambda aws store/aws $(STORE_AWS:%=store/aws/%)
MODULE_OBJ = $(call objects,$(MODULE_LAYERS:%=lib/%/*.c))
MODULE     = $(if $(MODULE_OBJ),$(BUILD)/tq-net.so)
LIBS_NET   = -lcurl -lcrypto -lexpat -lz

# Picture formats beside JPEG and PNG, and color profiles: a module each, which
# the child that decodes loads, and each left out where its library is not.
IMAGE_ALL     = color gif heif psd tiff webp
HEADER_color  = lcms2.h
PACKAGE_color = liblcms2-dev
LIBS_color    = -llcms2 -lm
HEADER_gif    = gif_lib.h
PACKAGE_gif   = libgif-dev
LIBS_gif      = -lgif
HEADER_heif   = libheif/heif.h
PACKAGE_heif  = libheif-dev
LIBS_heif     = -lheif
HEADER_psd    = stb/stb_image.h
PACKAGE_psd   = libstb-dev
LIBS_psd      = -lm
HEADER_tiff   = tiffio.h
PACKAGE_tiff  = libtiff-dev
LIBS_tiff     = -ltiff
HEADER_webp   = webp/demux.h
PACKAGE_webp  = libwebp-dev
LIBS_webp     = -lwebp -lwebpdemux

header_of = $(wildcard /usr/include/$(HEADER_$(1)) /usr/include/*/$(HEADER_$(1)))
IMAGE_ON  := $(foreach m,$(IMAGE_ALL),$(if $(call header_of,$(m)),$(m)))
IMAGE_OFF := $(filter-out $(IMAGE_ON),$(IMAGE_ALL))
IMAGE_SO   = $(IMAGE_ON:%=$(BUILD)/tq-image-%.so)

# Backups are tar archives, by libarchive.
ARCHIVE_SO = $(if $(wildcard /usr/include/archive.h),$(BUILD)/tq-archive.so)

all: $(TOOLS:%=$(BUILD)/%) $(MODULE) $(IMAGE_SO) $(ARCHIVE_SO)
	@$(if $(ARCHIVE_SO),,echo "make: without tq-archive.so (tq-ctl backup), which needs libarchive-dev" >&2)
	@$(foreach m,$(IMAGE_OFF),echo "make: without tq-image-$(m).so, which needs $(PACKAGE_$(m))" >&2;)

$(BUILD)/tq-net.so: $(MODULE_OBJ) $(BUILD)/libtq.a
	$(CC) $(CFLAGS) -shared $(filter-out -pie,$(TQ_LDFLAGS)) -o $@ $^ $(LIBS_NET) -lcjson

$(BUILD)/tq-archive.so: $(call objects,lib/archive/*.c) $(BUILD)/libtq.a
	$(CC) $(CFLAGS) -shared $(filter-out -pie,$(TQ_LDFLAGS)) -o $@ $^ -larchive

define IMAGE_RULE
$(BUILD)/tq-image-$(1).so: $(call objects,lib/image/modules/$(1).c lib/image/modules/$(1)_*.c) $(BUILD)/libtq.a
	$$(CC) $$(CFLAGS) -shared $$(filter-out -pie,$$(TQ_LDFLAGS)) -o $$@ $$^ $(2)
# Test programs look for modules where they stand themselves.
$(BUILD)/tests/tq-image-$(1).so: $(BUILD)/tq-image-$(1).so
	@mkdir -p $$(@D)
	ln -sf ../$$(<F) $$@
endef
$(foreach m,$(IMAGE_ON),$(eval $(call IMAGE_RULE,$(m),$$(LIBS_$(m)))))

# The module's objects, for what tests its insides.
$(BUILD)/libtq-net.a: $(MODULE_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# What all is built with: other flags than the last time mean all objects anew,
# but for what changes no code.
FLAGS := $(filter-out ccache -Werror,$(CC) $(CFLAGS) $(TQ_CFLAGS) $(TQ_LDFLAGS))
ifneq ($(FLAGS),$(file <$(BUILD)/flags))
.PHONY: $(BUILD)/flags
endif
$(BUILD)/flags:
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS))' >$@

# Tests run for milliseconds: at -O2 half of a build went into them.
$(BUILD)/obj/tests/%.o: CFLAGS = -O1 -g1

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_CFLAGS) -c -o $@ $<

$(BUILD)/libtq.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# Each tool is its folder, and of the library what it calls; tq-work alone
# needs the image and sandbox libraries.
define TOOL_RULE
$(BUILD)/$(1): $(call objects,cmd/$(1)/*.c) $(BUILD)/libtq.a
	$$(CC) $$(CFLAGS) $$(TQ_LDFLAGS) -o $$@ $$^ $(2) \
	    $(if $(filter $(1),$(WITH_SQLITE)),-l:libsqlite3.a -lm) $$(LIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call TOOL_RULE,$(t),$$(LIBS_$(t)))))

# Each sees a lock that was not taken: tests/unit/locks.c.
LOCKS = $(BUILD)/obj/tests/unit/locks.o
LOCKS_WRAP = $(patsubst %,-Wl$(comma)--wrap=pthread_%,mutex_unlock cond_wait cond_clockwait)
comma = ,
$(UNIT_BIN): $(LOCKS)
$(UNIT_BIN): TQ_LDFLAGS += $(LOCKS_WRAP)

$(BUILD)/tests/test_%: $(BUILD)/obj/tests/unit/test_%.o $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS_tq-work) $(LIBS_tq-serve) $(LIBS)

# These test the parts of tq-status.
$(BUILD)/tests/test_status_%: $(BUILD)/obj/tests/unit/test_status_%.o \
    $(filter-out %/main.o,$(call objects,cmd/tq-status/*.c)) $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS)

# Its allocations fail.
NOMEM_WRAP = malloc calloc realloc strdup
$(BUILD)/tests/test_no_memory: TQ_LDFLAGS += $(NOMEM_WRAP:%=-Wl,--wrap=%)

# Its statements fail.
$(BUILD)/tests/test_no_space: TQ_LDFLAGS += -Wl,--wrap=sqlite3_step,--wrap=sqlite3_errcode

# Its store is far away.
$(BUILD)/tests/test_serve_far: TQ_LDFLAGS += \
    $(patsubst %,-Wl$(comma)--wrap=tq_store_%,asked offers offer offered wait_changes)

# It makes pictures of its own.
$(BUILD)/tests/test_image_color: LIBS += -lz

# These test what is in the module.
$(BUILD)/tests/test_aws_%: $(BUILD)/obj/tests/unit/test_aws_%.o $(MODULE_OBJ) $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS_NET) $(LIBS)
# It answers in the services' stead.
$(BUILD)/tests/test_aws_init: TQ_LDFLAGS += -Wl,--wrap=tq_http_perform,--wrap=nanosleep,--wrap=poll
$(BUILD)/tests/test_net_%: $(BUILD)/obj/tests/unit/test_net_%.o $(MODULE_OBJ) $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS_NET) $(LIBS)

$(BUILD)/tests/sigv4_lines: $(BUILD)/obj/tests/aws/sigv4_lines.o $(MODULE_OBJ) $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS_NET) $(LIBS)
$(BUILD)/tests/aws_calls: $(call objects,tests/aws/calls*.c) $(MODULE_OBJ) $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS_NET) $(LIBS)

$(BUILD)/tests/conformance: $(addprefix $(BUILD)/obj/tests/store/,conformance.o edges.o) $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS)

# A world in one process: see tests/sim/world.h.
SIM_WRAP = poll nanosleep pthread_create tq_module_symbol sq_round
$(BUILD)/tests/sim: $(call objects,tests/sim/*.c) $(BUILD)/libtq-net.a $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) $(SIM_WRAP:%=-Wl,--wrap=%) -o $@ $^ $(LIBS_NET) $(LIBS)

# The aws store's own rules: linked with what is else in the module.
$(BUILD)/tests/doorbells: $(call objects,tests/store/doorbells*.c) $(MODULE_OBJ) $(BUILD)/libtq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ $(LIBS_NET) $(LIBS)

# A web server that misbehaves on request.
$(BUILD)/tests/net_server: $(BUILD)/obj/tests/net/net_server.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^

# A kernel that lacks system calls.
$(BUILD)/tests/without: $(BUILD)/obj/tests/kernel/without.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(TQ_LDFLAGS) -o $@ $^ -lseccomp

# Libraries that tests preload: a slow disk, a libmicrohttpd that errs.
PRELOAD = $(patsubst tests/preload/%.c,$(BUILD)/tests/%.so,$(wildcard tests/preload/*.c))
$(PRELOAD): $(BUILD)/tests/%.so: tests/preload/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -D_GNU_SOURCE -fPIC $(WARN) -shared -o $@ $<

images: $(IMAGE_SO)

tests: all $(TEST_BIN) $(PRELOAD) $(IMAGE_ON:%=$(BUILD)/tests/tq-image-%.so)

# The packages may bring headers that this make has looked for already, so
# what needs them runs in a make of its own.
deps:
	@scripts/deps build

check:
	@scripts/deps check
	@$(MAKE) --no-print-directory -s -j$$(nproc) DEV=$(DEV) tests
	@tests/run $(BUILD)

check-fast: tests
	@KIND=fast tests/run $(BUILD)

check-long:
	@scripts/deps check
	@$(MAKE) --no-print-directory -s -j$$(nproc) DEV=$(DEV) tests
	@KIND=long tests/run $(BUILD)

demo:
	@scripts/deps build
	@$(MAKE) --no-print-directory -s -j$$(nproc) all
	@STORE=$(STORE) scripts/demo $(BUILD) $(IMAGE)

# A bare root of another system: make check-on DIST=trixie [WHO=user] [CC=clang]
check-on:
	@CC=$(if $(filter command%,$(origin CC)),$(CC)) scripts/check-on $(DIST) $(WHO)

# Cross-built, and run by QEMU.
check-arm64:
	@scripts/check-on $(or $(DIST),trixie) arm64

# BIG=1 with five million finished tasks; BASE=REV beside what that tree does;
# PEERS=1 beside other queues, which it installs: docs/benchmarks.md.
bench:
	@scripts/deps check
	@$(MAKE) --no-print-directory -s -j$$(nproc) all
	@bench/run $(BUILD)

check-layers:
	@tests/lint/layers

lint: tests
	@BUILD=$(BUILD) tests/lint/run

# A world in one process: SEED=1 RUNS=100 STORE=aws make sim
sim: $(BUILD)/tests/sim
	@$(BUILD)/tests/sim $(if $(filter aws,$(STORE)),--aws) $(or $(SEED),1) $(or $(RUNS),100)

# Each call that can fail fails once: MOST=10 make torture: ten of a kind
torture: tests
	@tests/torture $(BUILD)

# Real processes, killed at random: SECS=60 STORE=aws make crash
crash: all
	@tests/crash $(or $(SECS),20) $(BUILD)

# Do the tests see small changes to lib/?  RUNS=300 SEED=1 ONLY=lib/task make mutants;
# QUICK=1: not by bats; AGAIN=1: of those that survived
mutants:
	@tests/mutants --runs $(or $(RUNS),300) --seed $(or $(SEED),1) \
	    --only "$(or $(ONLY),lib/)" --cc "$(CC)" $(if $(QUICK),--quick) $(if $(AGAIN),--again)

# Which lines of lib/ do the tests run?
cover:
	@tests/cover $(ONLY)

# Sanitizers and checkers: STEPS="lint man scan tsan valgrind"
analyze: tests
	@BUILD=$(BUILD) tests/analyze $(STEPS)

fuzz:
	@tests/fuzz/run $(or $(SECONDS),60)

STRIP = -s

# Where the shells look for completions; Debian's zsh: vendor-completions.
BASH_DIR = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_DIR  = $(DESTDIR)$(PREFIX)/share/zsh/$(ZSH_SITE)
ZSH_SITE = site-functions
FISH_DIR = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

install: all
	install -d $(DESTDIR)$(PREFIX)/bin \
	    $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man7 \
	    $(BASH_DIR) $(ZSH_DIR) $(FISH_DIR) \
	    $(DESTDIR)$(PREFIX)/lib/tq $(DESTDIR)$(PREFIX)/share/tq/web
	install $(STRIP) $(TOOLS:%=$(BUILD)/%) $(DESTDIR)$(PREFIX)/bin
	install $(STRIP) -m 644 $(MODULE) $(IMAGE_SO) $(ARCHIVE_SO) $(DESTDIR)$(PREFIX)/lib/tq
	install -m 644 web/* $(DESTDIR)$(PREFIX)/share/tq/web
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 man/*.7 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 644 completions/_tq $(ZSH_DIR)
	for t in $(TOOLS); do \
	    install -m 644 completions/tq.bash $(BASH_DIR)/$$t && \
	    install -m 644 completions/tq.fish $(FISH_DIR)/$$t.fish || exit 1; \
	done

# One store for the whole machine: the user and group tq, /var/lib/tq and
# /etc/tq/config, which is left as it is where there is one.
UNITS    = $(wildcard deploy/systemd/tq-*)
UNIT_DIR = $(PREFIX)/lib/systemd/system

install-system:
	install -d $(DESTDIR)/etc/tq $(DESTDIR)$(UNIT_DIR) \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	install -m 644 $(UNITS) $(DESTDIR)$(UNIT_DIR)
	install -m 644 deploy/systemd/sysusers.conf \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d/tq.conf
	install -m 644 deploy/systemd/tmpfiles.conf \
	    $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/tq.conf
	[ -e $(DESTDIR)/etc/tq/config ] || \
	    install -m 644 deploy/systemd/config $(DESTDIR)/etc/tq/config
	[ -n "$(DESTDIR)" ] || { systemd-sysusers tq.conf && \
	    systemd-tmpfiles --create tq.conf; }
	[ ! -d /run/systemd/system ] || [ -n "$(DESTDIR)" ] || \
	    systemctl daemon-reload

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/lib/tq/tq-net.so \
	    $(DESTDIR)$(PREFIX)/lib/tq/tq-archive.so \
	    $(IMAGE_ALL:%=$(DESTDIR)$(PREFIX)/lib/tq/tq-image-%.so) \
	    $(TOOLS:%=$(DESTDIR)$(PREFIX)/bin/%) \
	    $(TOOLS:%=$(DESTDIR)$(PREFIX)/share/man/man1/%.1) \
	    $(DESTDIR)$(PREFIX)/share/man/man7/tq.7 \
	    $(ZSH_DIR)/_tq $(TOOLS:%=$(BASH_DIR)/%) $(TOOLS:%=$(FISH_DIR)/%.fish)
	rm -rf $(DESTDIR)$(PREFIX)/share/tq/web
	rm -f $(UNITS:deploy/systemd/%=$(DESTDIR)$(UNIT_DIR)/%) \
	    $(DESTDIR)$(PREFIX)/lib/sysusers.d/tq.conf \
	    $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/tq.conf

# Both of the last commit: what is in neither can't be in one of them.
DIST = build/dist

dist:
	@scripts/dist $(VERSION) $(DIST)

deb: dist
	@scripts/deps deb
	@scripts/deb $(VERSION) $(DIST)

# For provided.al2023 of this machine's architecture.
lambda:
	@scripts/deps deb
	@scripts/lambda $(DIST)

check-install:
	@KIND=long ONLY=long/install tests/run $(BUILD)

clean:
	rm -rf build

-include $(LIB_OBJ:.o=.d) $(TOOL_OBJ:.o=.d) $(UNIT_OBJ:.o=.d) \
    $(MODULE_OBJ:.o=.d) $(BUILD)/obj/lib/archive/archive.d $(IMAGE_ON:%=$(BUILD)/obj/lib/image/modules/%.d) $(wildcard $(BUILD)/obj/tests/*/*.d)

.PHONY: sim torture crash mutants cover analyze all images tests deps check check-fast check-long check-on check-arm64 demo bench \
    check-layers lint fuzz install \
    install-system uninstall dist deb lambda check-install clean
.SECONDARY:
