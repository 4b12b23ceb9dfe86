"""The command line: parse, call, print. Heavy imports wait inside the commands."""

from bayesdensing.cli.app import main

__all__ = ["main"]
