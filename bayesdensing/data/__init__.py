"""Data bundles: the format, reading, validating and writing.

`load_data` gives a frozen `DataBundle`; `validate_bundle` lists every `Fault` of a folder.
"""

from bayesdensing.data.bundle import DataBundle, load_data, validate_bundle
from bayesdensing.errors import BundleError, Fault

__all__ = ["BundleError", "DataBundle", "Fault", "load_data", "validate_bundle"]
