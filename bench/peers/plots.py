"""bench/peers/plots.py -- bars and curves as SVG files of their own."""
import math
from html import escape

OURS, OTHERS, FAINT = '#2563eb', '#9ca3af', '#d1d5db'
CURVES = ['#2563eb', '#d97706', '#059669', '#9333ea']


def number(x):
    return f'{x:,.0f}' if x >= 100 else f'{x:.1f}' if x >= 10 else f'{x:.2f}'


def write(path, title, height, body):
    with open(path, 'w') as f:
        f.write('\n'.join(
            ['<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" '
             f'font-size="13" width="680" height="{height}" role="img">',
             f'<title>{escape(title)}</title>',
             '<rect width="100%" height="100%" fill="#fff"/>',
             f'<text x="8" y="20" font-weight="bold">{escape(title)}</text>',
             *body]) + '\n</svg>\n')


def bars(path, title, rows, log=False):
    """A bar for each (who, [value, upper...]), longest first; upper is faint."""
    top = max(v[-1] for _, v in rows)
    least = min(v[0] for _, v in rows) / 2

    def width(v):
        part = math.log(v / least) / math.log(top / least) if log else v / top
        return max(1, round(400 * part))
    body = []
    for i, (who, v) in enumerate(sorted(rows, key=lambda r: -r[1][0])):
        y = 34 + 26 * i
        body.append(f'<text x="124" y="{y + 14}" text-anchor="end">{escape(who)}</text>')
        if len(v) > 1:
            body.append(f'<rect x="132" y="{y}" width="{width(v[-1])}" height="19" fill="{FAINT}"/>')
        body.append(f'<rect x="132" y="{y}" width="{width(v[0])}" height="19" '
                    f'fill="{OURS if who == "tq" else OTHERS}"/>')
        body.append(f'<text x="{138 + width(v[-1])}" y="{y + 14}">'
                    f'{" – ".join(number(x) for x in v)}</text>')
    if log:
        body.append(f'<text x="672" y="20" text-anchor="end" fill="#6b7280">p50 – p99, log scale</text>')
    write(path, title, 42 + 26 * len(rows), body)


def lines(path, title, curves):
    """A curve for each name: [(count, ratio)]; counts on a log's scale."""
    points = [p for c in curves.values() for p in c]
    right = math.log10(max(x for x, _ in points))
    top = max(2.0, max(y for _, y in points) * 1.1)

    def at(x, y):
        return f'{60 + 440 * (math.log10(x) - 3) / (right - 3):.0f},{240 - 200 * y / top:.0f}'
    body = []
    for y in (0, 1, 2):
        a, b = at(1000, y), at(10 ** right, y)
        body.append(f'<polyline points="{a} {b}" stroke="{FAINT}" fill="none"/>'
                    f'<text x="52" y="{float(a.split(",")[1]) + 4}" text-anchor="end">{y}</text>')
    for x in sorted({x for x, _ in points}):
        body.append(f'<text x="{at(x, 0).split(",")[0]}" y="258" text-anchor="middle">{x:,}</text>')
    for i, (name, c) in enumerate(curves.items()):
        body.append(f'<polyline points="{" ".join(at(*p) for p in c)}" fill="none" '
                    f'stroke="{CURVES[i]}" stroke-width="2"/>'
                    f'<text x="530" y="{60 + 20 * i}" fill="{CURVES[i]}">{escape(name)}</text>')
    write(path, title, 268, body)
