"""The parts of a measurement: each a module with ``measure(plan)`` and ``tables(found)``."""
