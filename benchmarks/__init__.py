"""Speed of the package against its peers, on the packaged data and on worlds of known truth.

``python -m benchmarks`` measures, writes ``benchmarks/results/*.json`` and puts the tables into
``docs/performance.md``. Everything that is measured runs in a process of its own
(`benchmarks.children`), so that peak memory is that of one sampler alone.
"""
