"""The unit ladder, pure: no I/O, no clock, no knowledge that an order can fail."""
