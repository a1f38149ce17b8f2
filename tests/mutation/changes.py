"""What can be changed in lib/, in an order that a seed says.

The order is that of a hash of the seed and the change itself, so that an edit
elsewhere in the tree leaves it as it was.
"""
import collections
import hashlib
import os
import re

FOLDERS = ["lib/" + f for f in "task store work serve util cli aws".split()]
CHANGES = [
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "),
    (r" > ", " >= "), (r" >= ", " > "), (r" && ", " || "), (r" \|\| ", " && "),
    (r"if \(!", "if ("), (r" \+ 1\b", " + 0"), (r" - 1\b", " - 0"),
    (r"\breturn 0;", "return -1;"), (r"\breturn -1;", "return 0;"),
    (r"\breturn true;", "return false;"), (r"\breturn false;", "return true;"),
    (r"\+\+", "--"),
]
DROP = re.compile(r"^\t+[a-z_]\w*(->\w+|\.\w+)*(\(.*\)| [-+|&]?= .*|\+\+|--);$")
FREES = re.compile(r"\w*(free|destroy)\(")	# a leak is "make analyze"'s to find
FUNCTION = re.compile(r"^(\w+)\(")
STRING = re.compile(r'"(\\.|[^"\\])*"')

# function: "name", "name#2": the second of those in it that look alike.
Change = collections.namedtuple("Change", "path n before after function")


def ident(c):
    """What names it in the log and in the list of equivalent ones."""
    return c.path, c.function, c.before.strip(), c.after.strip()


def candidates(top, only):
    for folder in FOLDERS:
        for root, _, names in os.walk(os.path.join(top, folder)):
            for name in names:
                path = os.path.relpath(os.path.join(root, name), top)
                if name.endswith(".c"):
                    yield from (c for c in of_file(top, path) if only in
                                " ".join((c.path, c.function, c.before.strip())))


def of_file(top, path):
    inside, function, alike = False, "", collections.Counter()
    for n, line in enumerate(open(os.path.join(top, path))):
        inside = line.startswith("{") or (inside and not line.startswith("}"))
        if m := FUNCTION.match(line):
            function = m.group(1)
        if not inside or "assert(" in line:
            continue
        for after in changed(line):
            key = function, line.strip(), after.strip()
            alike[key] += 1
            nth = "#%d" % alike[key] if alike[key] > 1 else ""
            yield Change(path, n, line, after, function + nth)


def changed(line):
    code = STRING.sub(lambda m: "\0" * len(m.group()), line.split("/*")[0])
    for pattern, by in CHANGES:
        for m in re.finditer(pattern, code):
            yield line[:m.start()] + by + line[m.end():]
    if DROP.match(code.rstrip()) and not FREES.match(code.strip()):
        yield "\t\t;\n"


def folder(c):
    return next(f for f in FOLDERS if c.path.startswith(f + "/"))


def in_order(changes, seed):
    def key(c):
        return hashlib.sha256("\0".join((str(seed),) + ident(c)).encode()).digest()
    return sorted(changes, key=key)


def equivalents(file):
    """FILE, function, line before, line after, why; between tabs."""
    known = {}
    for line in open(file):
        if line.strip() and not line.startswith("#"):
            path, function, before, after, why = line.rstrip("\n").split("\t")
            known[path, function, before, after] = why
    return known
