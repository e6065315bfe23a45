"""The bracket: an entry that the exits of its trade guard from its first fill on, again and again."""
