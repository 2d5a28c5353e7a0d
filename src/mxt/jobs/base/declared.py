"""What a config declares of a training table's columns: a schema, captions, or both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mxt.datasets.places import content
from mxt.errors import ConfigError
from mxt.redaction import shown
from mxt.schemas import InputsSchema
from mxt.schemas.captions import NO_CAPTIONS, Captions, only_captions

if TYPE_CHECKING:
    from mxt.datasets.readers.base import Reader


@dataclass(frozen=True)
class Declared:
    """The schema in a file, and the captions in it."""

    source: str = ""
    schema: InputsSchema | None = None
    """None if the schema is to be inferred from the table."""
    captions: Captions = NO_CAPTIONS

    @classmethod
    def read(cls, file: str | None) -> Declared:
        """What a file declares; nothing without a file.

        Raises:
            ConfigError: The file cannot be read, or is neither a schema nor captions.
        """
        if file is None:
            return cls()
        source = shown(file)
        try:
            text = content(file).decode()
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{source}: the inputs schema cannot be read ({type(error).__name__})."
            raise ConfigError(msg) from error
        if only_captions(text):
            return cls(source, None, Captions.from_yaml(text, source))
        schema = replace(InputsSchema.from_yaml(text, source), of_training=False)
        return cls(source, schema, schema.captions)

    def captioned(self, schema: InputsSchema, reader: Reader) -> InputsSchema:
        """The schema of a table with the captions.

        Args:
            schema: Of the model's inputs.
            reader: Of the whole table; captions may be of any of its columns.

        Raises:
            ConfigError: Captions are given for a column that the table does not have.
        """
        if not self.captions:
            return schema
        self.captions.require_known(reader.names(), self.source)
        return replace(schema, captions=self.captions)
