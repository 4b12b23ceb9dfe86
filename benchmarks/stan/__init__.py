"""The default hypothesis in Stan: program, data and the program that samples it."""
