"""The ladder strategy's views: the ladder with its slots, the position map, and each unit's history."""
