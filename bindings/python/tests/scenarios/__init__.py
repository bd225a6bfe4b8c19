"""Plays the scenarios that the whole project shares (`tests/scenarios`) through the package, against the simulator's program.

`tests/end-to-end` plays the same files in Rust and says what each step means. Here, too, each topic has a file with its own steps.
"""
