"""How people reach it: one command, `rearguard`."""
