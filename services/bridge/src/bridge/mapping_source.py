"""The mapping: a file, or text in the environment on platforms that have no files."""

from bridge.settings import BridgeSettings
from vigie_intake.mapping import Mapping
from vigie_intake.mapping_file import mapping_of_text, read_mapping


def configured_mapping(settings: BridgeSettings) -> Mapping:
    """Raises InputError that names the variable or the file, and what is wrong there."""
    if settings.bridge_mapping is not None:
        return read_mapping(settings.bridge_mapping)
    return mapping_of_text(settings.bridge_mapping_text, "VIGIE_BRIDGE_MAPPING_TEXT")
