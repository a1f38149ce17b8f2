/* tests/sim/world.c -- fibers, virtual time, randomness, the log. */
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define PROCS_MAX	4096
#define STACK		(512 * 1024)
#define LOG_LINES	160
#define LOG_SHOWN	60
#define WALL_START	INT64_C(1700000000000)	/* ms since 1970 */

struct sim_fiber {
	ucontext_t	 ctx;
	sim_body	*body;
	void		*arg;
};

struct sim_world sim;
/*
 * The machine has been up for a year at first: what was stored in the terms of that
 * boot and is believed in the next would hold for ever.
 */
#define FIRST_UP_MS	(INT64_C(365) * 86400000)

static uint64_t state;
static ucontext_t scheduler;
static struct sim_proc *procs[PROCS_MAX];
static size_t nprocs;
static char lines[LOG_LINES][256];
static unsigned nlines;

void
sim_begin(uint64_t seed)
{
	sim.seed = seed;
	state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	sim.now = 0;
	snprintf(sim.boot_id, sizeof(sim.boot_id), "boot-0");
}

/* SplitMix64 (Steele, Lea, Flood 2014): one word of state, any seed is good. */
uint64_t
sim_random(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t
sim_below(uint64_t n)
{
	return n == 0 ? 0 : sim_random() % n;
}

bool
sim_chance(unsigned per_million)
{
	return per_million > 0 && sim_below(1000000) < per_million;
}

/* -- processes ---------------------------------------------------------------- */

static void
start(void)
{
	struct sim_proc *p = sim.running;

	p->fiber->body(p, p->fiber->arg);
	p->alive = false;
	sim_vfs_dead(p);
	sim_sys_dead(p);
	setcontext(&scheduler);
}

struct sim_proc *
sim_spawn(const char *name, sim_body *body, void *arg, int64_t after)
{
	struct sim_proc *p = calloc(1, sizeof(*p));
	struct sim_fiber *f = calloc(1, sizeof(*f));

	if (p == NULL || f == NULL || nprocs == PROCS_MAX)
		sim_fail("too many processes");
	*p = (struct sim_proc){ .name = name, .id = (int)nprocs, .alive = true,
	    .wake_at = sim.now + after, .fiber = f, .env = sim_env };
	p->env.arg = p;
	/* Two hosts differ by less than the store's margin; or so much that the
	   services refuse them, and tell. */
	if (sim.knobs.skewed)
		p->skew = sim_below(5) == 0 ? 1000000 : (int64_t)sim_below(4000)
		    - 2000;
	f->body = body;
	f->arg = arg;
	getcontext(&f->ctx);
	f->ctx.uc_stack.ss_size = STACK;
	f->ctx.uc_stack.ss_sp = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (f->ctx.uc_stack.ss_sp == MAP_FAILED)
		sim_fail("no memory for a process");
	makecontext(&f->ctx, start, 0);
	procs[nprocs++] = p;
	return p;
}

/* The process to go on first; of several at the same time any. */
static struct sim_proc *
next_proc(void)
{
	struct sim_proc *best = NULL;
	unsigned ties = 0;
	size_t i;

	for (i = 0; i < nprocs; i++) {
		if (!procs[i]->alive || procs[i]->wake_at == INT64_MAX)
			continue;
		if (best == NULL || procs[i]->wake_at < best->wake_at) {
			best = procs[i];
			ties = 1;
		} else if (procs[i]->wake_at == best->wake_at &&
		    sim_below(++ties) == 0) {
			best = procs[i];
		}
	}
	return best;
}

static bool
any_alive(void)
{
	size_t i;

	for (i = 0; i < nprocs; i++)
		if (procs[i]->alive)
			return true;
	return false;
}

bool
sim_run(int64_t until)
{
	struct sim_proc *p;

	sim.powered_off = false;
	while (!sim.powered_off) {
		if ((p = next_proc()) == NULL) {
			if (any_alive())
				sim_fail("all processes wait for each other");
			return true;
		}
		if (p->wake_at > until) {
			sim.now = until;
			return false;
		}
		if (p->wake_at > sim.now)
			sim.now = p->wake_at;
		p->waits_for = NULL;
		sim.running = p;
		swapcontext(&scheduler, &p->fiber->ctx);
		sim.running = NULL;
	}
	return false;
}

/* Let others go on until it is time. */
static void
yield(void)
{
	struct sim_proc *p = sim.running;

	swapcontext(&p->fiber->ctx, &scheduler);
}

void
sim_sleep(int64_t us)
{
	if (sim.quiet > 0 || sim.running == NULL)
		return;
	sim.running->wake_at = sim.now + us;
	yield();
}

void
sim_block(const void *thing, int64_t us)
{
	if (sim.running == NULL || sim.quiet > 0)
		sim_fail("who may not wait has to");
	sim.running->waits_for = thing;
	sim.running->wake_at = us == INT64_MAX ? us : sim.now + us;
	yield();
}

void
sim_wake(const void *thing, bool all)
{
	struct sim_proc *one = NULL;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < nprocs; i++) {
		if (!procs[i]->alive || procs[i]->waits_for != thing)
			continue;
		if (all)
			procs[i]->wake_at = sim.now;
		else if (sim_below(++n) == 0)
			one = procs[i];
	}
	if (one != NULL)
		one->wake_at = sim.now;
}

/* -- faults --------------------------------------------------------------------- */

void
sim_kill(struct sim_proc *p)
{
	if (!p->alive)
		return;
	sim_log("killed: %s.%d", p->name, p->id);
	p->alive = false;
	sim.kills++;
	sim_vfs_dead(p);
	sim_sys_dead(p);
}

static struct sim_proc observer = { .name = "observer", .alive = true };
static struct sim_proc *looked_from;

void
sim_power_off(void)
{
	size_t i;

	sim_log("the power fails at operation %llu",
	    (unsigned long long)sim.ops);
	for (i = 0; i < nprocs; i++) {
		if (!procs[i]->alive)
			continue;
		procs[i]->alive = false;
		sim_vfs_dead(procs[i]);
		sim_sys_dead(procs[i]);
	}
	sim_vfs_dead(&observer);
	sim_sys_dead(&observer);
	sim_disk_power_off();
	sim.powers++;
	sim.powered_off = true;
	sim.now += (int64_t)sim_below(600 * SIM_SEC);
	sim.booted = sim.now;
	snprintf(sim.boot_id, sizeof(sim.boot_id), "boot-%u", sim.powers);
}

/* Never to be resumed: its memory is not freed, as the child's run ends soon. */
static void
leave(void)
{
	setcontext(&scheduler);
}

void
sim_op(const char *what, int64_t cost)
{
	struct sim_proc *p = sim.running;

	if (sim.quiet > 0 || p == NULL)
		return;
	sim.ops++;
	p->ops++;
	if (sim.ops == sim.knobs.power_at || sim_chance(sim.knobs.power)) {
		sim_power_off();
		leave();
	}
	if (p->ops == p->dies_at || sim_chance(sim.knobs.kill)) {
		sim_kill(p);
		leave();
	}
	if (p->ops == p->stops_at) {
		sim.errors++;
		sim_log("%s.%d is stopped at a %s", p->name, p->id, what);
		sim_sleep((int64_t)sim_below(SIM_STOP));
		return;
	}
	if (sim_chance(sim.knobs.stall)) {
		cost = (int64_t)(20 + sim_below(200)) * SIM_SEC;
		sim_log("%s.%d is stopped for %lld s at a %s", p->name, p->id,
		    (long long)(cost / SIM_SEC), what);
	}
	p->wake_at = sim.now + 1 + (int64_t)sim_below((uint64_t)cost);
	yield();
}

void
sim_look_begin(void)
{
	sim.quiet++;
	looked_from = sim.running;
	sim.running = &observer;
}

void
sim_look_end(void)
{
	sim.quiet--;
	sim.running = looked_from;
}

bool
sim_fault(void)
{
	if (sim.quiet > 0 || !sim_chance(sim.knobs.io_error))
		return false;
	sim.errors++;
	return true;
}

/* -- the environment ---------------------------------------------------------------- */

static int64_t
wall_ms(void *arg)
{
	const struct sim_proc *p = arg;

	return WALL_START + sim.now / SIM_MS + sim.wall_off + (p != NULL ?
	    p->skew : 0);
}

int64_t
sim_now_ms(void)
{
	return sim_env.wall_ms(NULL);
}

int64_t
sim_true_ms(void)
{
	return sim_now_ms() - sim.wall_off;
}

static int64_t
boot_ms(void *arg)
{
	(void)arg;
	return (sim.powers == 0 ? FIRST_UP_MS : 1000) +
	    (sim.now - sim.booted) / SIM_MS;
}

static void
fill_random(void *arg, void *buf, size_t n)
{
	unsigned char *p = buf;

	(void)arg;
	while (n-- > 0)
		*p++ = (unsigned char)sim_random();
}

static const char *
boot_id(void *arg)
{
	(void)arg;
	return sim.boot_id;
}

static const char *
get(void *arg, const char *name)
{
	static const char *const vars[][2] = {
		{ "AWS_ENDPOINT_URL", "http://127.0.0.1:1" },
		{ "AWS_REGION", "us-east-1" },
		{ "AWS_ACCOUNT_ID", "000000000000" },
		{ "AWS_ACCESS_KEY_ID", "sim" }, { "AWS_SECRET_ACCESS_KEY", "sim" },
		{ "AWS_EC2_METADATA_DISABLED", "true" },
		{ "AWS_CONFIG_FILE", "/dev/null" },
		{ "AWS_SHARED_CREDENTIALS_FILE", "/dev/null" },
	};
	size_t i;

	(void)arg;
	for (i = 0; sim.aws && i < sizeof(vars) / sizeof(vars[0]); i++)
		if (strcmp(vars[i][0], name) == 0)
			return vars[i][1];
	return NULL;
}

const struct tq_env sim_env = {
	.wall_ms = wall_ms, .boot_ms = boot_ms, .random = fill_random,
	.boot_id = boot_id, .get = get, .sys = &sim_sys,
};

/* -- the log -------------------------------------------------------------------------- */

void
sim_log(const char *fmt, ...)
{
	char *line = lines[nlines++ % LOG_LINES];
	va_list ap;
	int n;

	n = snprintf(line, sizeof(lines[0]), "%12.6f ",
	    (double)sim.now / SIM_SEC);
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(lines[0]) - (size_t)n, fmt, ap);
	va_end(ap);
	if (getenv("V") != NULL)
		fprintf(stderr, "%s\n", line);
}

void
sim_fail(const char *fmt, ...)
{
	unsigned i = nlines > LOG_SHOWN ? nlines - LOG_SHOWN : 0;
	va_list ap;

	printf("# seed %llu: ", (unsigned long long)sim.seed);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n# at operation %llu, after %u kills, %u power failures, %u "
	    "errors; the last events:\n", (unsigned long long)sim.ops,
	    sim.kills, sim.powers, sim.errors);
	for (; i < nlines; i++)
		printf("#   %s\n", lines[i % LOG_LINES]);
	fflush(stdout);
	_exit(1);
}
