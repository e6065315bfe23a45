"""The colour themes, for Textual."""

from __future__ import annotations

from textual.theme import Theme

from hypertui.console.palette import PALETTES, Palette

# What the library itself calls a colour; all others are our own names.
_ITS_OWN = (
    "primary",
    "secondary",
    "foreground",
    "background",
    "surface",
    "panel",
    "boost",
    "warning",
    "error",
    "success",
    "accent",
)


def _theme(name: str, colours: Palette) -> Theme:
    return Theme(
        name=name,
        ansi=name == "ansi",
        dark=name != "light",
        primary=colours["primary"],
        secondary=colours["secondary"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        boost=colours.get("boost"),
        warning=colours["warning"],
        error=colours["error"],
        success=colours["success"],
        accent=colours["accent"],
        variables={name: colour for name, colour in colours.items() if name not in _ITS_OWN},
    )


THEMES = {name: _theme(name, colours) for name, colours in PALETTES.items()}
