"""The web page: an attached console in a browser of this machine."""
