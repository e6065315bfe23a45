"""Speed, measured: each benchmark prints one JSON line, with a reference from the same run beside it."""
