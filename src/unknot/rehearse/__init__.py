"""Virtual clients. Their truth is an encoding of its own, apart from the ranking's."""
