"""Notices that leave the machine: which are due, the queue they wait in, and the threads that send them."""
