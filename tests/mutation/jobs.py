"""Which jobs cover a change, and whether one of them goes red."""
import collections
import fcntl
import hashlib
import os
import re
import resource
import time

SIM = ["BUILD/tests/sim", "1", "10"]
POWER = ["BUILD/tests/sim", "--power", "29", "1"]
SIM_AWS = ["BUILD/tests/sim", "--aws", "1", "5"]
CONTRACT = ["BUILD/tests/conformance", "sqlite:TMP/tq.db"]
# In front of what asks the stand-ins of AWS; they end with it.
STANDINS = ["bash", "-c", 'ln -sf ../tq-net.so "$0/tests/tq-net.so" && '
            'tests/aws/standins start TMP >TMP/said 2>&1 && . TMP/env && exec "$@"',
            "BUILD"]
DOORBELLS = [*STANDINS, "BUILD/tests/doorbells"]
CONTRACT_AWS = [*STANDINS, "BUILD/tests/conformance", "aws:tqtest?bucket=tqtest"]
# What covers a folder, beside the unit tests that call the file; bats files for
# functions of which tests/cover has no note.
COVER = {
    "lib/util": [CONTRACT, "tq-submit.bats"],
    "lib/task": [CONTRACT, SIM, "tq-status.bats"],
    "lib/store": [CONTRACT, SIM, "mv.bats", "tq-ctl.bats"],
    "lib/store/sqlite": [CONTRACT, SIM, POWER, "tq-ctl.bats", "backup.bats",
                         "promises.bats"],
    "lib/store/aws": [SIM_AWS, DOORBELLS, CONTRACT_AWS, "aws.bats"],
    "lib/aws": [SIM_AWS, "aws.bats", "aws-creds.bats"],
    "lib/work": ["tq-work.bats", "fetch.bats"],
    "lib/serve": ["tq-serve.bats"],
    "lib/cli": ["tq-submit.bats", "tq-status.bats"],
}
MOST_CASES = 14			# asked of those that run the function
MOST_UNITS = 8
MOST_CPU = 40			# seconds, of a change; then it counts as one that survived


def cpu():
    """Seconds that what this process has started, and waited for, took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Notes:
    """Which bats cases run a function: what tests/cover wrote."""

    def __init__(self, file):
        self.cases = collections.defaultdict(list)
        self.there = os.path.exists(file)
        for line in open(file) if self.there else []:
            job, case, runs, functions = line.rstrip("\n").split("\t")
            for f in functions.split(" "):
                self.cases[f].append((int(runs), job, case))

    def of(self, change, files):
        """Those of ${files} first: others may run it by the way."""
        name = change.function.split("#")[0]
        own = os.path.basename(change.path) + ":" + name
        got = sorted((job not in files, runs, job, case) for runs, job, case in
                     self.cases.get(own) or self.cases.get(name) or [])
        return [(job, case) for _, _, job, case in got[:MOST_CASES]]


class Jobs:
    def __init__(self, bench, cases, quick):
        self.bench, self.bed, self.quick = bench, bench.bed, quick
        self.notes = Notes(cases)

    def passes(self, argv):
        """Without a change, and in how many seconds; asked once by all benches."""
        key = " ".join(argv)
        name = "/tmp/base." + hashlib.sha256(key.encode()).hexdigest()
        with open(name, "a+") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            f.seek(0)
            if not (said := f.read()):
                begin = time.monotonic()
                good = self.bench.run(argv, "build", 300)
                said = "%d %.1f" % (good, time.monotonic() - begin)
                f.write(said)
                if not good:
                    print("red without a change: %s" % key, flush=True)
        good, secs = said.split()
        return good == "1", float(secs)

    def red(self, change):
        """The first job that goes red, or None."""
        begin = cpu()
        for argv, needs, twice in self.of(change):
            if cpu() - begin > MOST_CPU:
                break
            before = cpu()
            good, secs = self.passes(argv)
            begin += cpu() - before
            if not good:
                continue
            for to in needs:
                self.bench.link(to, change.path)
            if not any(self.bench.run(argv, self.bench.at, 30 + 10 * secs)
                       for _ in range(2 if twice else 1)):
                return " ".join(argv)
        return None

    def of(self, change):
        """(argv, the programs that it needs, whether it is asked twice)."""
        for unit in self.units(change):
            yield ["BUILD" + unit[len("build"):]], [unit], False
        folder = max((f for f in COVER if change.path.startswith(f + "/")), key=len)
        ours = [job for job in COVER[folder] if isinstance(job, list) and
                not (self.quick and job[:4] == STANDINS)]
        for job in ours:
            yield job, self.programs(job), False
        if self.quick:
            return
        tools = [to for to in self.bed.links
                 if not re.match("build/tests/(test_|sim$|conformance$)", to)]
        files = [j for j in COVER[folder] if isinstance(j, str)]
        for file, case in self.notes.of(change, files) if self.notes.there else \
                [(j, None) for j in files]:
            only = ["--filter", "^" + re.escape(case) + "$"] if case else []
            yield ["bats", "--tap", "--filter-tags", "!long", *only,
                   "tests/cli/" + file], tools, True

    @staticmethod
    def programs(job):
        """Those that it runs; the stand-ins are asked by a module beside them."""
        of = ["build" + a[len("BUILD"):] for a in job if a.startswith("BUILD/")]
        return of + ["build/tq-net.so"] * (job[:4] == STANDINS)

    def units(self, change):
        """Those that call the file, its namesakes and small ones first; then those
        of its folders that have it in them."""
        own, folders = os.path.basename(change.path)[:-2], change.path.split("/")[1:-1]
        calls, offers = self.bed.calls, self.bench.offers

        def rank(u):
            return (not u.endswith(own), not any(f in u for f in folders), len(calls[u]))

        found = sorted((u for u in calls if calls[u] & offers), key=rank)[:MOST_UNITS]
        return found + [u for u in sorted(calls, key=rank) if u not in found and
                        any(f in u for f in folders) and offers <= self.bed.has(u)]
