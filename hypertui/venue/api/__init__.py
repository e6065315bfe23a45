"""What is offered to clients: signed actions, questions and feeds, each at its weight."""
