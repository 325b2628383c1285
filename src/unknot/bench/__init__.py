"""How well and how fast, measured beside the peers a user would pick instead."""
