"""Where changes are tried: a copy of the tree, built anew, and its programs.

What a change makes of a program may end, remove or fill anything.  So all of it
runs in a mount namespace where only a /tmp of its own can be written, and each
job in a process namespace that ends with it.
"""
import collections
import functools
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading

INSIDE = "MUTANTS_INSIDE"
ALONE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
         '"$@"; exit $?', "-"]
LINKER = ["-Wl,--strip-debug", *(["-fuse-ld=lld"] if shutil.which("ld.lld") else [])]


def enter(argv, writable):
    """Runs argv anew where nothing but /tmp and ${writable} can be written."""
    os.makedirs(writable, exist_ok=True)
    as_root = ["--map-root-user"] if os.geteuid() != 0 else []
    script = ('mount -t tmpfs -o size=8g none /tmp && mkdir /tmp/log && '
              'mount --bind "$1" /tmp/log && shift && exec "$@"')
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", *as_root, "--mount", "sh", "-c", script, "-",
                          writable, *argv])


class Bed:
    """The copy, of a tree that was built: /tmp/tree, and how its programs are linked."""

    def __init__(self, top, make):
        self.dir = "/tmp/tree"
        skip = shutil.ignore_patterns(".git", "node_modules", "newer", "cover", "san",
                                      "mutants", "*.d", "*.pyc")
        shutil.copytree(top, self.dir, symlinks=True, ignore=skip)
        for node in ("tests/aws/node_modules", "tests/aws/newer"):
            if os.path.isdir(os.path.join(top, node)):
                os.symlink(os.path.join(top, node), os.path.join(self.dir, node))
        self.links, self.compiles = {}, {}
        said = subprocess.run([*make, "-nB"], cwd=self.dir, text=True, check=True,
                              stdout=subprocess.PIPE).stdout
        for line in said.splitlines():
            if m := re.search(r" -o (build/\S+) .*\.[oa]\b", line):
                self.links[m.group(1)] = self.command(line)
            elif m := re.search(r" -c -o build/obj/\S+ (lib/\S+\.c)$", line):
                self.compiles[m.group(1)] = self.command(line)
        units = {"build/obj/tests/unit/%s.o" % os.path.basename(to): to
                 for to in self.links if "/tests/test_" in to}
        self.calls = collections.defaultdict(set)
        out = subprocess.run(["nm", "-A", "--undefined-only", *units], cwd=self.dir,
                             text=True, stdout=subprocess.PIPE).stdout
        for line in out.splitlines():
            self.calls[units[line.split(":")[0]]].add(line.split()[-1])
        subprocess.run("mount -o remount,bind,ro /", shell=True, check=True)

    @staticmethod
    def command(line):
        return [a for a in shlex.split(line) if a not in ("ccache", "-MMD", "-MP")]

    @functools.lru_cache(maxsize=None)
    def has(self, to):
        return self.symbols(to)

    def symbols(self, file):
        """Those it defines."""
        which = ["-g"] if file.endswith(".o") else []
        out = subprocess.run(["nm", *which, "--defined-only", file], cwd=self.dir,
                             text=True, stdout=subprocess.PIPE).stdout
        return {line.split()[-1] for line in out.splitlines() if line}


class Bench:
    """A build folder of one change at a time: links of what the tree's has."""

    def __init__(self, bed, n):
        self.bed, self.at, self.linked = bed, "m%d" % n, set()
        self.mutant = self.at + "/mutant.o"
        os.makedirs(self.path(self.at + "/tests"))
        for folder in ("", "tests/"):
            for name in os.listdir(self.path("build/" + folder)):
                self.put_back(folder + name)

    def path(self, name):
        return os.path.join(self.bed.dir, name)

    def put_back(self, name):
        """A hard link, since a program looks for its modules where it stands."""
        file = self.path("build/" + name)
        if not os.path.isdir(file) or os.path.islink(file):
            os.link(file, self.path(self.at + "/" + name), follow_symlinks=False)

    def fresh(self):
        for to in self.linked:
            name = to[len("build/"):]
            os.unlink(self.path(self.at + "/" + name))
            self.put_back(name)
        self.linked = set()

    def compile(self, change):
        """False: the compiler sees it."""
        self.text = open(self.path(change.path)).read().split("\n")
        text = list(self.text)
        text[change.n] = change.after.rstrip("\n")
        self.after = text
        if not self.object(change.path, text, "-O0"):
            return False
        self.offers = self.bed.symbols(self.mutant)
        return True

    def same(self, change):
        """Is it, optimised, the code from before?"""
        return self.object(change.path, self.text, "-O2") == \
            self.object(change.path, self.after, "-O2")

    def object(self, path, text, how):
        argv = [a for a in self.bed.compiles[path] if a != path]
        argv[argv.index("-o") + 1] = self.mutant
        p = subprocess.run([*argv, how, "-g0", "-w", "-iquote", os.path.dirname(path),
                            "-x", "c", "-"],
                           cwd=self.bed.dir, text=True, stderr=subprocess.DEVNULL,
                           input='# 1 "%s"\n' % path + "\n".join(text))
        return open(self.path(self.mutant), "rb").read() if p.returncode == 0 else None

    def link(self, to, path):
        """build/X with the change is at/X; nothing to do where it has no part in it."""
        own = "build/obj/" + path[:-2] + ".o"
        if to in self.linked or not self.offers <= self.bed.has(to):
            return
        argv = [self.mutant if a == own else a for a in self.bed.links[to]]
        if self.mutant not in argv:
            argv.insert(next(i for i, a in enumerate(argv) if a.endswith(".a")),
                        self.mutant)
        out = argv.index("-o") + 1
        argv[out] = self.at + to[len("build"):]
        os.unlink(self.path(argv[out]))		# the tree's has another name
        subprocess.run([*argv, *LINKER], cwd=self.bed.dir, check=True)
        self.linked.add(to)

    def run(self, argv, build, limit):
        """Whether it passes, within ${limit} s."""
        tmp = tempfile.mkdtemp(dir="/tmp")
        argv = [a.replace("TMP", tmp).replace("BUILD", build) for a in argv]
        p = subprocess.Popen([*ALONE, *argv], cwd=self.bed.dir, text=True,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL, errors="replace",
                             env=dict(os.environ, TMPDIR=tmp, NO_DEPS="1",
                                      TQ_BUILD=self.path(build)))
        timer = threading.Timer(limit, p.kill)
        timer.start()
        red = any(line.startswith("not ok") for line in p.stdout)
        if red:
            p.kill()
        status = p.wait()
        timer.cancel()
        shutil.rmtree(tmp, ignore_errors=True)
        return not red and status == 0

