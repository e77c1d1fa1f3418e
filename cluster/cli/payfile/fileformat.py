"""What `headrace pay` may be told about a file."""

from enum import StrEnum


class FileFormat(StrEnum):
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


class DecimalSign(StrEnum):
    POINT = "."
    COMMA = ","
