"""What the columns of each type hold: pools of values that break hybrids, the plainest first."""
