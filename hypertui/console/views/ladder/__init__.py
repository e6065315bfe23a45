"""The ladder strategy's views: the ladder with its slots, the position map, each unit's history."""
