"""A recording: what a WebSocket has said, frame by frame, with the time at which each was received.

A folder of files `20250131T150000.000Z.jsonl.gz`, in the order of their names. Each is gzip of lines
`{"at": ms since 1970, "frame": …}`, flushed so often that a process which is killed loses no more than the
frames of its last moments, and that a file which is cut off anywhere is read up to its last whole line.
"""
