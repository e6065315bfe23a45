"""The control socket: the operator's verbs for a running engine, from another shell on the same machine."""
