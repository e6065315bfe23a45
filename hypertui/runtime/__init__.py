"""What any engine runs on: its queue, tasks, request budget, the exchange's clock, events and alarms."""
