"""What is measured, each module a function ``run(options)`` that a process of its own runs."""
