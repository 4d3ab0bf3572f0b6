"""Bank statements and payment files: camt.052, camt.053, camt.054, MT940, MT942, pain.001, pacs.008."""

from vigie_intake.statements.mappings import statement_mapping
from vigie_intake.statements.statement_source import StatementSource, statement_source

__all__ = ["StatementSource", "statement_mapping", "statement_source"]
