"""What commands give: plain data, and frames of pandas or polars where one of them is installed."""

import csv
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union, overload

Cell = Union[None, bool, int, float, str]
Row = Dict[str, Cell]


class Table(Sequence[Row]):
    """Rows of a result file, in its order, each a ``dict`` by column; ``None`` where a figure is not defined."""

    def __init__(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        self.columns = list(columns)
        self.rows = list(rows)

    @classmethod
    def read(cls, file: Union[str, Path]) -> "Table":
        """A CSV that the command has written."""
        with open(file, encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            rows = [{name: _cell(text) for name, text in row.items()} for row in reader]
            return cls(reader.fieldnames or [], rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "Table": ...
    def __getitem__(self, index: Union[int, slice]) -> Union[Row, "Table"]:
        return Table(self.columns, self.rows[index]) if isinstance(index, slice) else self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return f"<llmsim.Table: {len(self.rows)} rows, {len(self.columns)} columns>"

    def column(self, name: str) -> List[Cell]:
        """The values of a column."""
        if name not in self.columns:
            raise KeyError(name)
        return [row[name] for row in self.rows]

    def pandas(self) -> Any:
        """The rows as a frame of pandas."""
        import pandas

        return pandas.DataFrame(self.rows, columns=self.columns)

    def polars(self) -> Any:
        """The rows as a frame of polars."""
        import polars

        return polars.DataFrame(self.rows, schema=self.columns, orient="row", infer_schema_length=None)

    def frame(self) -> Any:
        """The rows as a frame of pandas where that is installed, else of polars."""
        try:
            return self.pandas()
        except ImportError:
            pass
        try:
            return self.polars()
        except ImportError:
            raise ImportError("a frame needs pandas or polars; the rows are plain data without them") from None


class Run(Mapping[str, Any]):
    """The result of a simulation, by the names of ``llmsim run --json``."""

    def __init__(self, content: Dict[str, Any], met: bool, requests: Optional[Table]) -> None:
        self._content = content
        self.met = met
        """Whether every limit of ``require`` is met."""
        self.requests = requests
        """Each request; ``None`` unless asked for."""

    @property
    def summary(self) -> Dict[str, Any]:
        """The figures of the run."""
        summary: Dict[str, Any] = self._content["summary"]
        return summary

    @property
    def configuration(self) -> Dict[str, Any]:
        """What was simulated, with every default."""
        configuration: Dict[str, Any] = self._content["configuration"]
        return configuration

    def __getitem__(self, name: str) -> Any:
        return self._content[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


class Plan(Mapping[str, Any]):
    """The answer of a plan, by the names of its ``plan.json``."""

    def __init__(self, content: Dict[str, Any], table: Table, folder: Optional[Path]) -> None:
        self._content = content
        self.table = table
        """The candidates, the best first."""
        self.folder = folder
        """Where the files of each candidate are; ``None`` unless ``output`` was given."""

    @property
    def verdict(self) -> str:
        """The answer in a sentence."""
        verdict: str = self._content["verdict"]
        return verdict

    @property
    def holds(self) -> bool:
        """Whether any cluster meets the SLOs."""
        return len(self.table) > 0

    def frame(self) -> Any:
        """The candidates as a frame."""
        return self.table.frame()

    def __getitem__(self, name: str) -> Any:
        return self._content[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)


def _cell(text: Optional[str]) -> Cell:
    if not text:
        return None
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
