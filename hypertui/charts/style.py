"""The page's style sheet, with the console's colours: greys for what is normal, blue and orange for gain and
loss.

A printer gets dark ink on white ground, a new page for each section, and no table that is cut."""

from __future__ import annotations

from collections.abc import Mapping

# The same as the console's themes of these names; a test holds them to each other.
DARK: Mapping[str, str] = {
    "ground": "#101316",
    "surface": "#171b1f",
    "edge": "#3a424a",
    "text": "#c3c8cd",
    "quiet": "#8b949d",
    "strong": "#f2f4f6",
    "gain": "#5cb3ec",
    "loss": "#f0a030",
    "alarm": "#cc3333",
}
LIGHT: Mapping[str, str] = {
    "ground": "#fafafa",
    "surface": "#eef0f2",
    "edge": "#b9c0c6",
    "text": "#23292e",
    "quiet": "#59636d",
    "strong": "#000000",
    "gain": "#005a9c",
    "loss": "#9a4a00",
    "alarm": "#b3161b",
}
_PAPER = {**LIGHT, "ground": "#ffffff", "surface": "#ffffff"}

# Of what is drawn: also a picture without a page knows these.
_DRAWN = """
svg text{font-size:11px;fill:var(--quiet)}svg text.y{text-anchor:end}svg text.x{text-anchor:middle}
svg text.number{font-size:10px}
svg path{fill:none;stroke-width:1}
.line{stroke:var(--text);stroke-width:1.3;stroke-linejoin:round}.grid,.tick,path.unit{stroke:var(--edge)}
.grid{stroke-opacity:.45}path.unit{stroke-dasharray:2 4}
path.unit.entry{stroke-dasharray:8 4;stroke:var(--quiet)}
.zero{stroke:var(--quiet)}
svg path.deep{fill:var(--loss);fill-opacity:.25;stroke:var(--loss)}
svg path.bought,svg path.sold{fill:var(--strong);stroke:var(--ground);stroke-width:.6}
svg path.bought.gain,svg path.sold.gain{fill:var(--gain)}
svg path.bought.loss,svg path.sold.loss{fill:var(--ground);stroke:var(--loss);stroke-width:1.4}
rect.gain{fill:var(--gain)}rect.loss{fill:none;stroke:var(--loss);stroke-width:1.5;vector-effect:non-scaling-stroke}
.net{stroke:var(--strong)}.other{stroke:var(--quiet);stroke-width:1.1}
.other0{stroke-dasharray:6 3}.other1{stroke-dasharray:2 3}.other2{stroke-dasharray:9 3 2 3}
svg path.phase{fill:var(--quiet);stroke:none}
svg path.cursor{stroke:var(--quiet);stroke-dasharray:3 3}
svg path.brush{fill:var(--strong);fill-opacity:.12;stroke:none}
rect.heat{stroke:var(--ground);stroke-width:1}rect.heat.gain{fill:var(--gain)}rect.heat.loss{fill:var(--loss)}
rect.heat.none{fill:none;stroke:var(--edge);stroke-width:.5}
svg path.below{stroke:var(--ground);stroke-width:1.4}
svg path.plateau{stroke:var(--strong);stroke-width:2}
svg text.best{fill:var(--strong);font-size:13px;text-anchor:middle}
"""
_RULES = (
    _DRAWN
    + """
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:66em;padding:2em 1.2em;
color:var(--text);background:var(--ground)}
h1{font-size:1.6em;margin:0;color:var(--strong)}h2{font-size:1.2em;margin:2.2em 0 .4em;color:var(--strong)}
h3{font-size:1em;margin:1.6em 0 .2em;color:var(--strong)}
p{margin:.4em 0}.quiet,.legend{color:var(--quiet);font-size:.87em}.wrong{color:var(--alarm);font-weight:600}
.headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(14em,1fr));gap:.7em;margin:1.4em 0}
.headline>div{background:var(--surface);border:1px solid var(--edge);border-radius:4px;padding:.6em .9em}
.headline dt{color:var(--quiet);font-size:.87em}.headline dd{margin:0}
.headline .figure{font-size:1.45em;color:var(--strong);font-variant-numeric:tabular-nums}
.headline .about{font-size:.8em;color:var(--quiet)}
.gain,.headline .figure.gain{color:var(--gain)}.loss,.headline .figure.loss{color:var(--loss)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;margin:.5em 0;font-size:.9em;font-variant-numeric:tabular-nums}
td,th{padding:.18em .75em;border-bottom:1px solid var(--edge);text-align:left;white-space:nowrap}
th{color:var(--quiet);font-weight:500;vertical-align:bottom}td.n,th.n{text-align:right}
tfoot td{border-bottom:0;border-top:2px solid var(--edge);color:var(--strong);font-weight:600}
td.text{white-space:normal;overflow-wrap:anywhere}
td.bar{padding:0 .4em}td.bar svg{display:block;width:10em;height:.8em}
figure{margin:1.2em 0}figcaption{font-weight:600;color:var(--strong)}
figure svg{display:block;min-width:44em;width:100%;height:auto}
.key{margin-right:1em}
details{margin:.6em 0}summary{cursor:pointer}code{font-size:.92em;overflow-wrap:anywhere}
dl.terms dt{font-weight:600;color:var(--strong)}dl.terms dd{margin:0 0 .4em 0}
.controls{display:flex;flex-wrap:wrap;gap:.3em 1em;align-items:baseline;font-size:.87em;color:var(--quiet)}
.controls output{font-variant-numeric:tabular-nums;color:var(--text)}
button{font:inherit;color:var(--text);background:var(--surface);
border:1px solid var(--edge);border-radius:4px}
button:disabled{color:var(--quiet)}
figure.course svg{cursor:crosshair;touch-action:pan-y}
svg.sample{display:inline;min-width:0;width:2em;height:.7em}
.no-fills .fills,.no-units .units,.no-phases .phases{display:none}
.no-other0 .other0,.no-other1 .other1,.no-other2 .other2{display:none}
th.sorts{cursor:pointer;text-decoration:underline dotted}
.verdict{font-size:1.1em;color:var(--strong);font-weight:600}
footer{margin-top:3em;border-top:1px solid var(--edge);padding-top:.8em}
@media print{
@page{margin:14mm}
body{font-size:10pt;max-width:none;padding:0}
section{break-before:page}section.first{break-before:auto}
h2{margin-top:0}h2,h3,figcaption{break-after:avoid}
thead{display:table-header-group}tfoot{display:table-row-group}tr,figure,.headline>div{break-inside:avoid}
.controls{display:none}.maps figure[hidden]{display:block}
.scroll{overflow:visible}table{font-size:7pt}td,th{padding:.12em .5em}
th{white-space:normal}td.bar svg{width:6em}
figure svg{min-width:0}
}
"""
)


def _root(colours: Mapping[str, str]) -> str:
    return ":root{" + "".join(f"--{name}:{value};" for name, value in colours.items()) + "}"


# The dark colours are of screens alone, so that no printer is asked for a dark ground.
STYLE = (
    f"{_root(LIGHT)}\n@media screen and (prefers-color-scheme:dark){{{_root(DARK)}}}\n"
    f"@media print{{{_root(_PAPER)}}}{_RULES}"
)


def picture_style(colours: Mapping[str, str]) -> str:
    """The rules of what is drawn, for a picture by itself: without variables, which not everything that draws
    SVG knows."""
    rules = _DRAWN
    for name, value in colours.items():
        rules = rules.replace(f"var(--{name})", value)
    return rules
