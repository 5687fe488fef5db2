"""HTTP in: hand to the channel's verify and parse, store once, answer. One file a sender."""
