"""The terminal around the screens: options, output by difference, window title, crash report, screenshots."""
