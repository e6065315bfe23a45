"""Whether a result can be believed: measures of an edge, pure functions of figures, each with its paper."""
