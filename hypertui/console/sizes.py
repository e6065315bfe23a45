"""From which size of the terminal on (cells) which layout of the screens is shown."""

MIN_WIDTH, MIN_HEIGHT = 80, 23  # below them the phone's
FULL_WIDTH, FULL_HEIGHT = 120, 40  # below them rows in the place of the picture
LARGE_WIDTH, LARGE_HEIGHT = 180, 55  # with orders, money and map beside the picture
TABS_WIDTH, MORE_TABS_WIDTH = 62, 66  # on a small screen; the wider with a tab for signals
