"""Gates of reliability: real processes, faults and attacks, and a number to reach."""
